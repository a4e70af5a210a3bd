resource "random_password" "database" {
  length      = 40
  special     = false # it stands in a URL
  min_lower   = 1
  min_upper   = 1
  min_numeric = 1
}

resource "azurerm_postgresql_flexible_server" "main" {
  # checkov:skip=CKV2_AZURE_57: it is in the network itself, which needs no endpoint
  # checkov:skip=CKV_AZURE_136: the copy in another region costs as much again; backup_days are kept in this one
  name                          = var.name
  resource_group_name           = azurerm_resource_group.main.name
  location                      = var.location
  version                       = "17"
  sku_name                      = var.database_sku
  storage_mb                    = 32768
  auto_grow_enabled             = true
  backup_retention_days         = var.backup_days
  administrator_login           = "scribes"
  administrator_password        = random_password.database.result
  public_network_access_enabled = false
  delegated_subnet_id           = azurerm_subnet.main["database"].id
  private_dns_zone_id           = azurerm_private_dns_zone.main["database"].id

  high_availability {
    mode = var.zone_redundant ? "ZoneRedundant" : "SameZone"
  }

  maintenance_window {
    day_of_week = 0
    start_hour  = 3
  }

  lifecycle {
    ignore_changes = [
      zone, high_availability[0].standby_availability_zone, # they swap at a failover
      storage_mb,                                           # it grows, and to shrink it would be to make another server
    ]
  }

  depends_on = [azurerm_private_dns_zone_virtual_network_link.main]
}

# Who came and went, and whoever guesses passwords waits; no statement with its values.
resource "azurerm_postgresql_flexible_server_configuration" "main" {
  for_each = {
    "connection_throttle.enable" = "on"
    "log_checkpoints"            = "on"
    "log_connections"            = "on"
    "log_disconnections"         = "on"
    "log_lock_waits"             = "on"
  }

  name      = each.key
  value     = each.value
  server_id = azurerm_postgresql_flexible_server.main.id
}

resource "azurerm_postgresql_flexible_server_database" "main" {
  name      = "scribes"
  server_id = azurerm_postgresql_flexible_server.main.id
  collation = "en_US.utf8"
  charset   = "UTF8"
}

resource "azurerm_management_lock" "database" {
  count = var.deletion_protection ? 1 : 0

  name       = "kept"
  scope      = azurerm_postgresql_flexible_server.main.id
  lock_level = "CanNotDelete"
  notes      = "Everybody's accounts are here."
}
