data "azurerm_client_config" "current" {}

resource "azurerm_key_vault" "main" {
  # checkov:skip=CKV_AZURE_189: closed but for operator_addresses, from where secrets are put
  name                          = var.vault_name
  resource_group_name           = azurerm_resource_group.main.name
  location                      = var.location
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 7
  public_network_access_enabled = true

  network_acls {
    default_action = "Deny"
    bypass         = "None"
    ip_rules       = var.operator_addresses
  }
}

resource "azurerm_management_lock" "vault" {
  count = var.deletion_protection ? 1 : 0

  name       = "kept"
  scope      = azurerm_key_vault.main.id
  lock_level = "CanNotDelete"
  notes      = "Without the keys in it everybody is logged out."
}

# Who applies this may write secrets; the service may not.
resource "azurerm_role_assignment" "operator" {
  scope                = azurerm_key_vault.main.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = data.azurerm_client_config.current.object_id
}

# URLs with passwords that Terraform made. Of the JWT key and the mail server's password it knows
# the names only.
#trivy:ignore:AZU-0017 one that expired by itself would take the service down
resource "azurerm_key_vault_secret" "made" {
  # checkov:skip=CKV_AZURE_41: one that expired by itself would take the service down
  # checkov:skip=CKV_AZURE_114: they are URLs, as their names say
  for_each = local.made_secrets

  name         = each.value
  key_vault_id = azurerm_key_vault.main.id
  value        = local.made_values[each.value]
  content_type = "URL"

  depends_on = [azurerm_role_assignment.operator]
}

locals {
  made_values = {
    database-url = join("", [
      "postgresql://${azurerm_postgresql_flexible_server.main.administrator_login}:${random_password.database.result}",
      "@${azurerm_postgresql_flexible_server.main.fqdn}:5432/${azurerm_postgresql_flexible_server_database.main.name}",
      "?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt",
    ])
    redis-url = join("", [
      "rediss://:${urlencode(azurerm_managed_redis.main.default_database[0].primary_access_key)}",
      "@${azurerm_managed_redis.main.hostname}:${azurerm_managed_redis.main.default_database[0].port}/0",
    ])
  }
}
