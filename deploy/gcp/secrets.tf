# Whoever forgot to make these is told before anything is made.
data "google_secret_manager_secret" "given" {
  for_each = local.given_secrets

  secret_id = local.secret_ids[each.value]
}

# What is mounted or read: URLs with passwords that Terraform made, and by whom the two servers
# are certified. Of the JWT key and the mail server's password it knows the names only.
resource "google_secret_manager_secret" "made" {
  for_each = local.made_secrets

  secret_id = local.secret_ids[each.value]

  replication {
    auto {}
  }

  depends_on = [google_project_service.needed]
}

resource "google_secret_manager_secret_version" "made" {
  for_each = local.made_secrets

  secret      = google_secret_manager_secret.made[each.value].id
  secret_data = local.made_values[each.value]

  lifecycle {
    create_before_destroy = true # the one before is good until the new one is there
  }
}

locals {
  # Both servers' certificates come from an authority of their own, so that who it certifies is
  # the server, whatever the address is.
  made_values = {
    database-url = join("", [
      "postgresql://${google_sql_user.service.name}:${random_password.database.result}",
      "@${google_sql_database_instance.main.private_ip_address}:5432/${google_sql_database.main.name}",
      "?sslmode=verify-ca&sslrootcert=${local.authorities_file}",
    ])
    redis-url = join("", [
      "rediss://:${google_redis_instance.main.auth_string}",
      "@${google_redis_instance.main.host}:${google_redis_instance.main.port}/0",
      "?authority=${local.authorities_file}",
    ])
    server-authorities = join("\n", concat(
      [for authority in google_sql_database_instance.main.server_ca_cert : trimspace(authority.cert)],
      [for authority in google_redis_instance.main.server_ca_certs : trimspace(authority.cert)],
      [""],
    ))
  }
}
