# What somebody should look at. docs/operations.md tells what to do.

locals {
  alarms = merge(
    {
      database-busy = {
        says   = "The database's processor is busy"
        of     = azurerm_postgresql_flexible_server.main.id
        metric = ["Microsoft.DBforPostgreSQL/flexibleServers", "cpu_percent", "Average"]
        above  = 80
      }
      database-full = {
        says   = "The database's storage is nearly full, although it grows"
        of     = azurerm_postgresql_flexible_server.main.id
        metric = ["Microsoft.DBforPostgreSQL/flexibleServers", "storage_percent", "Maximum"]
        above  = 95
      }
      cache-full = {
        says   = "The cache is nearly full: instances will count limits each for itself"
        of     = azurerm_managed_redis.main.id
        metric = ["Microsoft.Cache/redisEnterprise", "usedmemorypercentage", "Maximum"]
        above  = 80
      }
    },
    local.alarms_of_platform[var.platform],
  )

  alarms_of_platform = {
    container_apps = {
      errors = {
        says   = "The service answers 5xx"
        of     = one(azurerm_container_app.main[*].id)
        metric = ["Microsoft.App/containerApps", "Requests", "Total"]
        only   = { statusCodeCategory = "5xx" }
        above  = 30
      }
      slow = {
        says   = "Answers take more than two seconds on average"
        of     = one(azurerm_container_app.main[*].id)
        metric = ["Microsoft.App/containerApps", "ResponseTime", "Average"]
        above  = 2000
      }
      busy = {
        says   = "The instances' processors are busy"
        of     = one(azurerm_container_app.main[*].id)
        metric = ["Microsoft.App/containerApps", "CpuPercentage", "Average"]
        above  = 85
      }
      memory = {
        says   = "The instances' memory is short"
        of     = one(azurerm_container_app.main[*].id)
        metric = ["Microsoft.App/containerApps", "MemoryPercentage", "Maximum"]
        above  = 85
      }
    }
    app_service = {
      errors = {
        says   = "The service answers 5xx"
        of     = one(azurerm_linux_web_app.main[*].id)
        metric = ["Microsoft.Web/sites", "Http5xx", "Total"]
        above  = 30
      }
      slow = {
        says   = "Answers take more than two seconds on average"
        of     = one(azurerm_linux_web_app.main[*].id)
        metric = ["Microsoft.Web/sites", "HttpResponseTime", "Average"]
        above  = 2
      }
      busy = {
        says   = "The machines' processors are busy"
        of     = one(azurerm_service_plan.main[*].id)
        metric = ["Microsoft.Web/serverfarms", "CpuPercentage", "Average"]
        above  = 85
      }
      memory = {
        says   = "The machines' memory is short"
        of     = one(azurerm_service_plan.main[*].id)
        metric = ["Microsoft.Web/serverfarms", "MemoryPercentage", "Maximum"]
        above  = 85
      }
    }
  }
}

resource "azurerm_monitor_metric_alert" "main" {
  for_each = local.alarms

  name                = "${var.name}-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  description         = each.value.says
  scopes              = [each.value.of]
  frequency           = "PT1M"
  window_size         = "PT5M"

  criteria {
    metric_namespace = each.value.metric[0]
    metric_name      = each.value.metric[1]
    aggregation      = each.value.metric[2]
    operator         = "GreaterThan"
    threshold        = each.value.above

    dynamic "dimension" {
      for_each = try(each.value.only, {})
      content {
        name     = dimension.key
        operator = "Include"
        values   = [dimension.value]
      }
    }
  }

  dynamic "action" {
    for_each = var.action_group_ids
    content {
      action_group_id = action.value
    }
  }
}

# On an App Service the platform reads the secrets, and the service has none to renew.
resource "azurerm_monitor_scheduled_query_rules_alert_v2" "secrets" {
  count = local.on_container_apps ? 1 : 0

  name                  = "${var.name}-secrets"
  resource_group_name   = azurerm_resource_group.main.name
  location              = var.location
  description           = "A secret can't be renewed"
  severity              = 2
  scopes                = [azurerm_log_analytics_workspace.main.id]
  evaluation_frequency  = "PT5M"
  window_duration       = "PT5M"
  skip_query_validation = true # the table is there with the first line

  criteria {
    query                   = "ContainerAppConsoleLogs_CL | where ContainerAppName_s == '${var.name}' and Log_s has 'Secret not renewed'"
    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = var.action_group_ids
  }
}
