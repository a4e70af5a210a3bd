# What the templates promise, on a plan without a cloud: `terraform test`.

mock_provider "azapi" {}
mock_provider "azurerm" {}
mock_provider "random" {}

override_resource {
  target = azurerm_container_app_environment.main
  values = { id = "/environment", default_domain = "calm-sea-1.westeurope.azurecontainerapps.io" }
}

override_resource {
  target = azurerm_key_vault.main
  values = { id = "/vault" }
}

override_resource {
  target = azurerm_user_assigned_identity.service
  values = { id = "/identity", principal_id = "the-service" }
}

override_data {
  target = data.azurerm_location.main
  values = { zone_mappings = [{ logical_zone = "1", physical_zone = "westeurope-az1" }] }
}

override_data {
  target = data.azurerm_client_config.current
  values = { object_id = "the-operator" }
}

variables {
  subscription_id    = "00000000-0000-0000-0000-000000000000"
  location           = "westeurope"
  name               = "scribes-example"
  vault_name         = "scribes-keyvault"
  operator_addresses = ["203.0.113.7"]
  image              = "scribes.azurecr.io/scribes-auth:1.0.0"
  smtp_host          = "smtp.example.com"
  smtp_user          = "scribes"
  smtp_from_email    = "noreply@example.com"
}

run "the_database_is_private_doubled_and_kept" {
  command = apply

  assert {
    condition     = azurerm_postgresql_flexible_server.main.public_network_access_enabled == false && azurerm_postgresql_flexible_server.main.delegated_subnet_id == azurerm_subnet.main["database"].id
    error_message = "The database is not in a network of its own."
  }
  assert {
    condition     = azurerm_postgresql_flexible_server.main.high_availability[0].mode == "ZoneRedundant"
    error_message = "The database has no standby in another zone."
  }
  assert {
    condition = toset([
      for lock in concat(azurerm_management_lock.database, azurerm_management_lock.vault) : "${lock.scope} ${lock.lock_level}"
    ]) == toset(["${azurerm_postgresql_flexible_server.main.id} CanNotDelete", "/vault CanNotDelete"])
    error_message = "What lasts can be deleted."
  }
}

run "the_cache_is_private_doubled_and_encrypted" {
  command = apply

  assert {
    condition     = azurerm_managed_redis.main.public_network_access == "Disabled" && azurerm_managed_redis.main.high_availability_enabled
    error_message = "The cache is public, or alone."
  }
  assert {
    condition     = azurerm_managed_redis.main.default_database[0].client_protocol == "Encrypted" && azurerm_managed_redis.main.default_database[0].eviction_policy == "NoEviction"
    error_message = "The cache speaks in clear, or forgets attempts when it is full."
  }
}

run "two_instances_run_at_least" {
  command = apply

  assert {
    condition     = azurerm_container_app.main[0].template[0].min_replicas >= 2
    error_message = "One instance alone is away whenever it is replaced."
  }
}

run "there_is_one_way_in_and_it_has_a_list" {
  command = apply

  assert {
    condition     = azurerm_container_app.main[0].ingress[0].external_enabled == false
    error_message = "The service is reached past the routes."
  }
  assert {
    condition = [
      for route in azapi_resource.routes[0].body.properties.rules[0].routes :
      try(route.match.path, "${route.match.pathSeparatedPrefix}/*")
    ] == output.public_paths
    error_message = "Other paths are passed on than those listed."
  }
  assert {
    condition     = output.url == "https://scribesexample.calm-sea-1.westeurope.azurecontainerapps.io"
    error_message = "Mails lead elsewhere than to the routes."
  }
}

run "the_vault_is_closed_but_for_operators_and_the_service" {
  command = apply

  assert {
    condition     = azurerm_key_vault.main.rbac_authorization_enabled && azurerm_key_vault.main.purge_protection_enabled
    error_message = "The vault has access policies, or can be purged."
  }
  assert {
    condition     = azurerm_key_vault.main.network_acls[0].default_action == "Deny" && azurerm_key_vault.main.network_acls[0].ip_rules == toset(["203.0.113.7"])
    error_message = "The vault is open to others than operators."
  }
  assert {
    condition = toset([
      for grant in concat(values(azurerm_role_assignment.secret), [azurerm_role_assignment.operator]) :
      "${grant.principal_id}: ${grant.role_definition_name} of ${grant.scope}"
      ]) == toset([
      "the-operator: Key Vault Secrets Officer of /vault",
      "the-service: Key Vault Secrets User of /vault/secrets/database-url",
      "the-service: Key Vault Secrets User of /vault/secrets/jwt-secret",
      "the-service: Key Vault Secrets User of /vault/secrets/redis-url",
      "the-service: Key Vault Secrets User of /vault/secrets/smtp-password",
    ])
    error_message = "Somebody may read or write other secrets than their own."
  }
}

run "secrets_are_named_and_never_told" {
  command = apply

  assert {
    condition     = output.environment.SECRETS_URL == "azure://scribes-keyvault" && !contains(keys(output.environment), "JWT_SECRET_KEY")
    error_message = "The service does not read its secrets itself."
  }
  assert {
    condition = alltrue([
      for name in ["DATABASE_URL", "REDIS_URL", "SMTP_PASSWORD"] :
      startswith(output.environment[name], "secret:")
    ])
    error_message = "A secret stands in the environment."
  }
  assert {
    condition     = output.environment.AZURE_CLIENT_ID == azurerm_user_assigned_identity.service.client_id
    error_message = "The service does not know which identity is its own."
  }
}

run "migrations_run_as_the_service" {
  command = apply

  assert {
    condition     = azurerm_container_app_job.migrate.template[0].container[0].args == tolist(["migrate"]) && azurerm_container_app_job.migrate.template[0].container[0].image == var.image
    error_message = "The job does not migrate with the same image."
  }
  assert {
    condition     = azurerm_container_app_job.migrate.template[0].container[0].env == azurerm_container_app.main[0].template[0].container[0].env
    error_message = "The job is told other things than the service."
  }
}

run "an_app_service_is_referred_to_the_vault_and_is_reached_through_front_door" {
  command = apply

  variables {
    platform = "app_service"
  }

  override_data {
    target = data.azurerm_network_service_tags.front_door
    values = { address_prefixes = ["147.243.0.0/16"] }
  }

  assert {
    condition     = length(azurerm_container_app.main) == 0 && azurerm_service_plan.main[0].worker_count >= 2
    error_message = "There are two services, or there is one instance."
  }
  assert {
    condition     = output.environment.JWT_SECRET_KEY == "@Microsoft.KeyVault(SecretUri=https://scribes-keyvault.vault.azure.net/secrets/jwt-secret/)" && !contains(keys(output.environment), "SECRETS_URL")
    error_message = "The platform is not referred to the secret."
  }
  assert {
    condition     = azurerm_linux_web_app.main[0].key_vault_reference_identity_id == "/identity"
    error_message = "The platform asks the vault as somebody else."
  }
  assert {
    condition     = azurerm_linux_web_app.main[0].site_config[0].vnet_route_all_enabled
    error_message = "The platform does not reach the vault, which is closed but for the network."
  }
  assert {
    condition     = tonumber(output.environment.WEBSITES_CONTAINER_STOP_TIME_LIMIT) > 20
    error_message = "An instance is killed before it has finished what it has."
  }
  assert {
    condition     = azurerm_linux_web_app.main[0].site_config[0].ip_restriction_default_action == "Deny" && azurerm_linux_web_app.main[0].site_config[0].ip_restriction[0].headers[0].x_azure_fdid == tolist([azurerm_cdn_frontdoor_profile.main[0].resource_guid])
    error_message = "The site is reached past its Front Door."
  }
  assert {
    condition     = toset(flatten([for route in azurerm_cdn_frontdoor_route.public : route.patterns_to_match])) == toset(output.public_paths) && output.environment.METRICS_ENABLED == "false"
    error_message = "Other paths are passed on than those listed, or there are figures."
  }
  assert {
    condition     = output.environment.TRUSTED_PROXIES == "147.243.0.0/16,169.254.0.0/16,172.16.0.0/12"
    error_message = "Front Door is not known as a proxy."
  }
  assert {
    condition     = one(azurerm_linux_web_app.main[0].site_config[0].application_stack).docker_image_name == "scribes-auth:1.0.0" && one(azurerm_linux_web_app.main[0].site_config[0].application_stack).docker_registry_url == "https://scribes.azurecr.io"
    error_message = "The image is taken apart wrongly."
  }
}

run "somebody_is_told_on_either_platform" {
  command = apply

  variables {
    platform         = "app_service"
    action_group_ids = ["/subscriptions/0/resourceGroups/r/providers/Microsoft.Insights/actionGroups/people"]
  }

  override_data {
    target = data.azurerm_network_service_tags.front_door
    values = { address_prefixes = ["147.243.0.0/16"] }
  }

  assert {
    condition     = alltrue([for alarm in azurerm_monitor_metric_alert.main : alarm.action[*].action_group_id == var.action_group_ids]) && length(azurerm_monitor_metric_alert.main) >= 7
    error_message = "An alarm is told to nobody, or there is none."
  }
}

run "one_instance_is_refused" {
  command = plan

  variables {
    min_instances = 1
  }

  expect_failures = [var.min_instances]
}

run "a_vault_for_everybody_is_refused" {
  command = plan

  variables {
    operator_addresses = ["0.0.0.0/0"]
  }

  expect_failures = [var.operator_addresses]
}

run "a_database_without_a_standby_is_refused" {
  command = plan

  variables {
    database_sku = "B_Standard_B2s"
  }

  expect_failures = [var.database_sku]
}

run "a_tag_that_moves_is_refused" {
  command = plan

  variables {
    image = "scribes.azurecr.io/scribes-auth:latest"
  }

  expect_failures = [var.image]
}

run "a_secret_in_the_settings_is_refused" {
  command = plan

  variables {
    settings = { DATABASE_URL = "postgresql://scribes:in-clear@db.example.com/scribes" }
  }

  expect_failures = [var.settings]
}

run "what_azure_itself_would_refuse_half_way_is_refused_before" {
  command = plan

  variables {
    operator_addresses = ["10.0.0.4"]
    registry_id        = "/subscriptions/0/resourceGroups/r/providers/Microsoft.ContainerRegistry/registries/another"
    network_range      = "10.64.1.0/20"
  }

  expect_failures = [
    var.operator_addresses,
    var.registry_id,
    var.network_range,
  ]
}

run "a_region_without_zones_is_refused" {
  command = plan

  override_data {
    target = data.azurerm_location.main
    values = { zone_mappings = [] }
  }

  expect_failures = [azurerm_resource_group.main]
}
