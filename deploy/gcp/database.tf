resource "google_sql_database_instance" "main" {
  # checkov:skip=CKV_GCP_6: ENCRYPTED_ONLY refuses what is in clear; certificates of clients are not used
  # checkov:skip=CKV_GCP_79: a new major version is a decision of its own
  # checkov:skip=CKV_GCP_108: all clients are addresses of our own network, which have no names
  # checkov:skip=CKV_GCP_110: who did what is in the service's own audit log
  # checkov:skip=CKV2_GCP_13: each query would be a line; slow ones are in Query Insights
  name                = var.name
  database_version    = "POSTGRES_17"
  deletion_protection = var.deletion_protection

  settings {
    edition                     = startswith(var.database_tier, "db-perf-") ? "ENTERPRISE_PLUS" : "ENTERPRISE"
    tier                        = var.database_tier
    availability_type           = "REGIONAL" # a standby in another zone takes over, with the same address
    deletion_protection_enabled = var.deletion_protection
    retain_backups_on_delete    = var.deletion_protection
    disk_type                   = "PD_SSD"
    disk_autoresize             = true

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.main.id
      ssl_mode        = "ENCRYPTED_ONLY"
      server_ca_mode  = "GOOGLE_MANAGED_INTERNAL_CA" # an authority of this server alone
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      start_time                     = "02:00"

      backup_retention_settings {
        retained_backups = var.backup_days
      }
    }

    maintenance_window {
      day          = 7
      hour         = 3
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    database_flags {
      name  = "max_connections"
      value = tostring(var.database_connections)
    }

    # Who came and went, and what changed the schema; no statement with its values.
    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }

    database_flags {
      name  = "log_connections"
      value = "on"
    }

    database_flags {
      name  = "log_disconnections"
      value = "on"
    }

    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }

    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }

    database_flags {
      name  = "log_statement"
      value = "ddl"
    }

    database_flags {
      name  = "log_temp_files"
      value = "0"
    }
  }

  depends_on = [google_service_networking_connection.services]
}

resource "google_sql_database" "main" {
  name            = "scribes"
  instance        = google_sql_database_instance.main.name
  deletion_policy = "ABANDON" # it goes with the instance
}

resource "random_password" "database" {
  length  = 40
  special = false # it stands in a URL
}

resource "google_sql_user" "service" {
  name            = "scribes"
  instance        = google_sql_database_instance.main.name
  password        = random_password.database.result
  deletion_policy = "ABANDON" # who owns tables can't be dropped; it goes with the instance
}
