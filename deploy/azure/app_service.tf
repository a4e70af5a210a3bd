resource "azurerm_service_plan" "main" {
  count = local.on_app_service ? 1 : 0

  name                   = var.name
  resource_group_name    = azurerm_resource_group.main.name
  location               = var.location
  os_type                = "Linux"
  sku_name               = var.app_service_sku
  worker_count           = var.min_instances
  zone_balancing_enabled = var.zone_redundant
}

resource "azurerm_linux_web_app" "main" {
  # checkov:skip=CKV_AZURE_13: the service is what logs people in
  # checkov:skip=CKV_AZURE_17: clients are browsers and phones, which have no certificates
  # checkov:skip=CKV_AZURE_63: its log of requests would tell tokens in links; the service's own does not
  # checkov:skip=CKV_AZURE_65: what goes wrong is in the service's own log
  # checkov:skip=CKV_AZURE_66: what goes wrong is in the service's own log
  # checkov:skip=CKV_AZURE_88: nothing is kept in files
  # checkov:skip=CKV_AZURE_222: only this Front Door is let in, and it comes from outside
  count = local.on_app_service ? 1 : 0

  name                            = var.name
  resource_group_name             = azurerm_resource_group.main.name
  location                        = var.location
  service_plan_id                 = azurerm_service_plan.main[0].id
  https_only                      = true
  virtual_network_subnet_id       = azurerm_subnet.main["sites"].id
  key_vault_reference_identity_id = azurerm_user_assigned_identity.service.id
  app_settings                    = local.referring_environment

  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.service.id]
  }

  site_config {
    always_on              = true
    app_command_line       = "scribes-auth serve"
    ftps_state             = "Disabled"
    http2_enabled          = true
    minimum_tls_version    = "1.2"
    vnet_route_all_enabled = true # or Linux would ask for references past the vault's endpoint

    health_check_path                 = "/livez"
    health_check_eviction_time_in_min = 2

    container_registry_use_managed_identity       = var.registry_id != null
    container_registry_managed_identity_client_id = var.registry_id == null ? null : azurerm_user_assigned_identity.service.client_id

    application_stack {
      docker_registry_url = "https://${split("/", var.image)[0]}"
      docker_image_name   = join("/", slice(split("/", var.image), 1, length(split("/", var.image))))
    }

    ip_restriction_default_action     = "Deny"
    scm_ip_restriction_default_action = "Deny"

    # Front Door, and of all Front Doors this one.
    ip_restriction {
      name        = "front"
      priority    = 100
      action      = "Allow"
      service_tag = "AzureFrontDoor.Backend"
      headers = [{
        x_azure_fdid      = [azurerm_cdn_frontdoor_profile.main[0].resource_guid]
        x_fd_health_probe = []
        x_forwarded_for   = []
        x_forwarded_host  = []
      }]
    }
  }

  depends_on = [
    azurerm_key_vault_secret.made,
    azurerm_private_endpoint.main,
    azurerm_role_assignment.image,
    azurerm_role_assignment.secret,
  ]
}
