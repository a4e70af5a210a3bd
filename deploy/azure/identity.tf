resource "azurerm_user_assigned_identity" "service" {
  name                = var.name
  resource_group_name = azurerm_resource_group.main.name
  location            = var.location
}

# Its own secrets, one by one: another in the vault is closed to it.
resource "azurerm_role_assignment" "secret" {
  for_each = local.secrets

  scope                = "${azurerm_key_vault.main.id}/secrets/${each.value}"
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.service.principal_id
  principal_type       = "ServicePrincipal"

  depends_on = [azurerm_key_vault_secret.made] # there is no grant on what is not there
}

resource "azurerm_role_assignment" "image" {
  count = var.registry_id == null ? 0 : 1

  scope                = var.registry_id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_user_assigned_identity.service.principal_id
  principal_type       = "ServicePrincipal"
}
