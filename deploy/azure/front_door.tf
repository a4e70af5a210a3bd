# An App Service passes on every path; before it, Front Door passes on those that are listed.

data "azurerm_network_service_tags" "front_door" {
  count = local.on_app_service ? 1 : 0

  location = var.location
  service  = "AzureFrontDoor.Backend"
}

locals {
  front_door_addresses = flatten(data.azurerm_network_service_tags.front_door[*].address_prefixes)

  # A route has room for 25 of them.
  front_door_routes = local.on_app_service ? { for number, paths in chunklist(local.public_paths, 25) : "public${number}" => paths } : {}
}

resource "azurerm_cdn_frontdoor_profile" "main" {
  count = local.on_app_service ? 1 : 0

  name                = var.name
  resource_group_name = azurerm_resource_group.main.name
  sku_name            = "Standard_AzureFrontDoor"
}

resource "azurerm_cdn_frontdoor_endpoint" "main" {
  count = local.on_app_service ? 1 : 0

  name                     = var.name
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.main[0].id
}

resource "azurerm_cdn_frontdoor_origin_group" "main" {
  count = local.on_app_service ? 1 : 0

  name                     = var.name
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.main[0].id
  session_affinity_enabled = false

  load_balancing {}
}

resource "azurerm_cdn_frontdoor_origin" "main" {
  count = local.on_app_service ? 1 : 0

  name                           = var.name
  cdn_frontdoor_origin_group_id  = azurerm_cdn_frontdoor_origin_group.main[0].id
  host_name                      = azurerm_linux_web_app.main[0].default_hostname
  origin_host_header             = azurerm_linux_web_app.main[0].default_hostname
  certificate_name_check_enabled = true
}

resource "azurerm_cdn_frontdoor_custom_domain" "main" {
  count = local.on_app_service && var.domain != null ? 1 : 0

  name                     = replace(var.domain, ".", "-")
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.main[0].id
  host_name                = var.domain

  tls {
    certificate_type = "ManagedCertificate"
  }
}

resource "azurerm_cdn_frontdoor_route" "public" {
  for_each = local.front_door_routes

  name                            = each.key
  cdn_frontdoor_endpoint_id       = azurerm_cdn_frontdoor_endpoint.main[0].id
  cdn_frontdoor_origin_group_id   = azurerm_cdn_frontdoor_origin_group.main[0].id
  cdn_frontdoor_origin_ids        = [azurerm_cdn_frontdoor_origin.main[0].id]
  cdn_frontdoor_custom_domain_ids = azurerm_cdn_frontdoor_custom_domain.main[*].id
  link_to_default_domain          = var.domain == null
  patterns_to_match               = each.value
  supported_protocols             = ["Http", "Https"]
  forwarding_protocol             = "HttpsOnly"
  https_redirect_enabled          = true
}
