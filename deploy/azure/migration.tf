resource "azurerm_container_app_job" "migrate" {
  name                         = "${var.name}-migrate"
  resource_group_name          = azurerm_resource_group.main.name
  location                     = var.location
  container_app_environment_id = azurerm_container_app_environment.main.id
  workload_profile_name        = "Consumption"
  replica_timeout_in_seconds   = 1800
  replica_retry_limit          = 1

  manual_trigger_config {
    parallelism              = 1
    replica_completion_count = 1
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.service.id]
  }

  dynamic "registry" {
    for_each = local.registries
    content {
      server   = registry.value
      identity = azurerm_user_assigned_identity.service.id
    }
  }

  template {
    container {
      name    = "migrate"
      image   = var.image
      command = ["scribes-auth"]
      args    = ["migrate"]
      cpu     = 0.5
      memory  = "1Gi"

      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  depends_on = [
    azurerm_key_vault_secret.made,
    azurerm_private_endpoint.main,
    azurerm_role_assignment.image,
    azurerm_role_assignment.secret,
  ]
}
