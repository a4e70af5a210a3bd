resource "azurerm_log_analytics_workspace" "main" {
  name                = var.name
  resource_group_name = azurerm_resource_group.main.name
  location            = var.location
  sku                 = "PerGB2018"
  retention_in_days   = 30
}

# Home of the container app, and in any case of the job that migrates.
resource "azurerm_container_app_environment" "main" {
  name                       = var.name
  resource_group_name        = azurerm_resource_group.main.name
  location                   = var.location
  infrastructure_subnet_id   = azurerm_subnet.main["apps"].id
  zone_redundancy_enabled    = var.zone_redundant
  logs_destination           = "log-analytics"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }

  lifecycle {
    ignore_changes = [infrastructure_resource_group_name] # Azure names it
  }
}
