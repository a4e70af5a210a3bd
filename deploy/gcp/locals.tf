locals {
  # Those that a person makes, and whose values Terraform never sees; then its own.
  given_secrets = toset(["jwt-secret", "smtp-password"])
  made_secrets  = toset(["database-url", "redis-url", "server-authorities"])

  secret_ids = {
    for name in setunion(local.given_secrets, local.made_secrets) :
    name => "${var.secrets_prefix}${name}"
  }

  authorities_directory = "/etc/scribes-auth"
  authorities_file      = "${local.authorities_directory}/authorities.pem"

  environment = merge({
    APP_ENV    = "production"
    HOST       = "0.0.0.0"
    PUBLIC_URL = "https://${var.domain}"
    # The balancer's address, Google's front ends behind it, and the last step into the container.
    TRUSTED_PROXIES = "${google_compute_global_address.front.address},35.191.0.0/16,130.211.0.0/22,169.254.0.0/16"

    SECRETS_URL  = var.secrets_prefix == "" ? "gcp://${var.project}" : "gcp://${var.project}/${var.secrets_prefix}"
    DATABASE_URL = "secret:database-url"
    REDIS_URL    = "secret:redis-url"

    SMTP_HOST       = var.smtp_host
    SMTP_PORT       = tostring(var.smtp_port)
    SMTP_USER       = var.smtp_user
    SMTP_PASSWORD   = "secret:smtp-password"
    SMTP_FROM_EMAIL = var.smtp_from_email

    METRICS_ENABLED = tostring(var.metrics_collector_image != null)
    # Cloud Run kills ten seconds after it asked to stop.
    SHUTDOWN_TIMEOUT_SECONDS = "8"
  }, var.settings)

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
