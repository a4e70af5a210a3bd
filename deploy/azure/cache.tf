# Counts attempts, and nothing that lasts: it needs a second node, but no backup. Azure Managed Redis
# is what Azure Cache for Redis has become: that one is closed to new tenants, and ends in 2028.
resource "azurerm_managed_redis" "main" {
  name                      = var.name
  resource_group_name       = azurerm_resource_group.main.name
  location                  = var.location
  sku_name                  = var.cache_sku
  high_availability_enabled = true
  public_network_access     = "Disabled"

  default_database {
    access_keys_authentication_enabled = true
    client_protocol                    = "Encrypted"
    clustering_policy                  = "NoCluster"
    eviction_policy                    = "NoEviction"
  }
}
