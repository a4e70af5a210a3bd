locals {
  on_container_apps = var.platform == "container_apps"
  on_app_service    = var.platform == "app_service"

  # Those that a person makes, and whose values Terraform never sees; then its own.
  given_secrets = toset(["jwt-secret", "smtp-password"])
  made_secrets  = toset(["database-url", "redis-url"])
  secrets       = setunion(local.given_secrets, local.made_secrets)

  settings = {
    APP_ENV         = "production"
    HOST            = "0.0.0.0"
    PUBLIC_URL      = local.public_url
    SMTP_HOST       = var.smtp_host
    SMTP_PORT       = tostring(var.smtp_port)
    SMTP_USER       = var.smtp_user
    SMTP_FROM_EMAIL = var.smtp_from_email
  }

  # The service reads the vault itself.
  environment = merge(local.settings, {
    SECRETS_URL     = "azure://${var.vault_name}"
    AZURE_CLIENT_ID = azurerm_user_assigned_identity.service.client_id
    DATABASE_URL    = "secret:database-url"
    REDIS_URL       = "secret:redis-url"
    SMTP_PASSWORD   = "secret:smtp-password"
    # The environment's own proxies, and its network.
    TRUSTED_PROXIES = "100.100.0.0/16,${local.subnets.apps}"
  }, var.settings)

  # The platform does, at each start; the service knows of no vault.
  referring_environment = merge(local.settings, {
    JWT_SECRET_KEY = "@Microsoft.KeyVault(SecretUri=${local.vault_url}/secrets/jwt-secret/)"
    DATABASE_URL   = "@Microsoft.KeyVault(SecretUri=${local.vault_url}/secrets/database-url/)"
    REDIS_URL      = "@Microsoft.KeyVault(SecretUri=${local.vault_url}/secrets/redis-url/)"
    SMTP_PASSWORD  = "@Microsoft.KeyVault(SecretUri=${local.vault_url}/secrets/smtp-password/)"
    # Front Door, and the last step into the container.
    TRUSTED_PROXIES = join(",", concat(local.front_door_addresses, ["169.254.0.0/16", "172.16.0.0/12"]))
    METRICS_ENABLED = "false" # an App Service has one door, and nobody else could ask
    WEBSITES_PORT   = "8000"
    # More than SHUTDOWN_TIMEOUT_SECONDS; an App Service kills after five otherwise.
    WEBSITES_CONTAINER_STOP_TIME_LIMIT = "30"
  }, var.settings)

  vault_url = "https://${var.vault_name}.vault.azure.net"

  # What users and their programs need; all else stays inside.
  public_paths = concat(var.admin_is_public ? ["/admin/*"] : [], [
    "/.well-known/jwks.json",
    "/auth/change-email",
    "/auth/change-email/confirm",
    "/auth/change-email/undo",
    "/auth/change-password",
    "/auth/invitation/accept",
    "/auth/login",
    "/auth/logout",
    "/auth/logout-all",
    "/auth/me",
    "/auth/me/export",
    "/auth/password-reset/confirm",
    "/auth/password-reset/request",
    "/auth/refresh",
    "/auth/register",
    "/auth/resend-verification",
    "/auth/sessions",
    "/auth/sessions/*",
    "/auth/verify-email",
    "/auth/verify-email/reject",
    "/change-email",
    "/change-email/undo",
    "/invitation",
    "/reset-password",
    "/verify-email",
    "/verify-email/reject",
  ])
}
