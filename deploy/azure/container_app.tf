locals {
  # A registry's server is called after its resource.
  registries = [for id in var.registry_id[*] : "${lower(basename(id))}.azurecr.io"]

  route_name = replace(var.name, "-", "")
  route_host = "${local.route_name}.${azurerm_container_app_environment.main.default_domain}"

  public_url = "https://${coalesce(
    var.domain,
    local.on_container_apps ? local.route_host : one(azurerm_cdn_frontdoor_endpoint.main[*].host_name),
  )}"
}

resource "azurerm_container_app" "main" {
  count = local.on_container_apps ? 1 : 0

  name                         = var.name
  resource_group_name          = azurerm_resource_group.main.name
  container_app_environment_id = azurerm_container_app_environment.main.id
  workload_profile_name        = "Consumption"
  revision_mode                = "Single"

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

  ingress {
    external_enabled = false # the way in is the list of routes below
    target_port      = 8000
    transport        = "http"

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas                     = var.min_instances
    max_replicas                     = var.max_instances
    termination_grace_period_seconds = 30 # more than SHUTDOWN_TIMEOUT_SECONDS

    http_scale_rule {
      name                = "requests"
      concurrent_requests = "50"
    }

    container {
      name    = "service"
      image   = var.image
      command = ["scribes-auth"]
      args    = ["serve"]
      cpu     = var.cpu
      memory  = "${var.cpu * 2}Gi"

      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      startup_probe {
        transport               = "HTTP"
        port                    = 8000
        path                    = "/livez"
        interval_seconds        = 3
        timeout                 = 2
        failure_count_threshold = 20
      }

      liveness_probe {
        transport               = "HTTP"
        port                    = 8000
        path                    = "/livez"
        interval_seconds        = 10
        timeout                 = 5
        failure_count_threshold = 3
      }

      readiness_probe {
        transport               = "HTTP"
        port                    = 8000
        path                    = "/readyz"
        interval_seconds        = 5
        timeout                 = 3
        failure_count_threshold = 3
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

# The environment's own router: what is not listed is 404 there. azurerm has no resource for it.
resource "azapi_resource" "routes" {
  count = local.on_container_apps ? 1 : 0

  type      = "Microsoft.App/managedEnvironments/httpRouteConfigs@2025-07-01"
  name      = local.route_name
  parent_id = azurerm_container_app_environment.main.id

  body = {
    properties = {
      customDomains = [
        for domain in var.domain[*] :
        { name = domain, bindingType = "SniEnabled", certificateId = var.domain_certificate_id }
      ]
      rules = [{
        description = "What users and their programs need"
        targets     = [{ containerApp = azurerm_container_app.main[0].name }]
        routes = [
          for path in local.public_paths :
          { match = { (endswith(path, "/*") ? "pathSeparatedPrefix" : "path") = trimsuffix(path, "/*") } }
        ]
      }]
    }
  }
}
