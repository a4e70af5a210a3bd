data "azurerm_location" "main" {
  location = var.location
}

resource "azurerm_resource_group" "main" {
  name     = var.name
  location = var.location

  lifecycle {
    precondition {
      condition     = !var.zone_redundant || length(data.azurerm_location.main.zone_mappings) > 0
      error_message = "${var.location} has no zones: set zone_redundant = false, or take another region."
    }
  }
}

locals {
  subnets = {
    apps      = cidrsubnet(var.network_range, 3, 0)
    database  = cidrsubnet(var.network_range, 4, 2)
    endpoints = cidrsubnet(var.network_range, 4, 3)
    sites     = cidrsubnet(var.network_range, 4, 4)
  }
  delegations = {
    apps     = { to = "Microsoft.App/environments", may = "subnets/join/action" }
    database = { to = "Microsoft.DBforPostgreSQL/flexibleServers", may = "subnets/join/action" }
    sites    = { to = "Microsoft.Web/serverFarms", may = "subnets/action" }
  }
}

resource "azurerm_virtual_network" "main" {
  name                = var.name
  resource_group_name = azurerm_resource_group.main.name
  location            = var.location
  address_space       = [var.network_range]
}

resource "azurerm_subnet" "main" {
  # checkov:skip=CKV2_AZURE_31: Container Apps guards the entrance of its own subnet; the others have the group below
  for_each = local.subnets

  name                 = each.key
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [each.value]

  dynamic "delegation" {
    for_each = each.key == "endpoints" ? [] : [local.delegations[each.key]]
    content {
      name = each.key
      service_delegation {
        name    = delegation.value.to
        actions = ["Microsoft.Network/virtualNetworks/${delegation.value.may}"]
      }
    }
  }
}

# What it says without a rule of ours: in from this network, and from nowhere else.
resource "azurerm_network_security_group" "inside" {
  name                = "${var.name}-inside"
  resource_group_name = azurerm_resource_group.main.name
  location            = var.location
}

resource "azurerm_subnet_network_security_group_association" "inside" {
  for_each = toset(["database", "endpoints", "sites"])

  subnet_id                 = azurerm_subnet.main[each.value].id
  network_security_group_id = azurerm_network_security_group.inside.id
}

# Names of the servers lead to their addresses inside.
locals {
  zones = {
    cache    = "privatelink.redis.azure.net"
    database = "privatelink.postgres.database.azure.com"
    vault    = "privatelink.vaultcore.azure.net"
  }
}

resource "azurerm_private_dns_zone" "main" {
  for_each = local.zones

  name                = each.value
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "main" {
  for_each = azurerm_private_dns_zone.main

  name                = "${var.name}-${each.key}"
  private_dns_zone_id = each.value.id
  virtual_network_id  = azurerm_virtual_network.main.id
}

locals {
  endpoints = {
    cache = { resource_id = azurerm_managed_redis.main.id, part = "redisEnterprise" }
    vault = { resource_id = azurerm_key_vault.main.id, part = "vault" }
  }
}

resource "azurerm_private_endpoint" "main" {
  for_each = local.endpoints

  name                = "${var.name}-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = var.location
  subnet_id           = azurerm_subnet.main["endpoints"].id

  private_service_connection {
    name                           = each.key
    private_connection_resource_id = each.value.resource_id
    subresource_names              = [each.value.part]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = each.key
    private_dns_zone_ids = [azurerm_private_dns_zone.main[each.key].id]
  }
}
