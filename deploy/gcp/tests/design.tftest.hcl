# What the templates promise, on a plan without a cloud: `terraform test`.

mock_provider "google" {}
mock_provider "random" {}

variables {
  project         = "scribes-example"
  region          = "europe-west1"
  image           = "europe-west1-docker.pkg.dev/scribes-example/scribes/scribes-auth:1.0.0"
  domain          = "auth.example.com"
  smtp_host       = "smtp.example.com"
  smtp_user       = "scribes"
  smtp_from_email = "noreply@example.com"
}

run "the_database_is_private_doubled_and_kept" {
  command = apply

  assert {
    condition     = google_sql_database_instance.main.settings[0].ip_configuration[0].ipv4_enabled == false
    error_message = "The database has a public address."
  }
  assert {
    condition     = google_sql_database_instance.main.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "The database takes connections in clear."
  }
  assert {
    condition     = google_sql_database_instance.main.settings[0].availability_type == "REGIONAL"
    error_message = "The database has no standby."
  }
  assert {
    condition = alltrue([
      google_sql_database_instance.main.deletion_protection,
      google_sql_database_instance.main.settings[0].deletion_protection_enabled,
      google_redis_instance.main.deletion_protection,
    ])
    error_message = "Something that lasts can be destroyed by an apply."
  }
  assert {
    condition     = google_sql_database_instance.main.settings[0].backup_configuration[0].point_in_time_recovery_enabled
    error_message = "No moment of the database's past can be gone back to."
  }
}

run "the_cache_is_private_doubled_and_encrypted" {
  command = apply

  assert {
    condition     = google_redis_instance.main.tier == "STANDARD_HA" && google_redis_instance.main.connect_mode == "PRIVATE_SERVICE_ACCESS"
    error_message = "The cache has no standby, or is not private."
  }
  assert {
    condition     = google_redis_instance.main.auth_enabled && google_redis_instance.main.transit_encryption_mode == "SERVER_AUTHENTICATION"
    error_message = "The cache lets in who has no password, or in clear."
  }
  assert {
    condition     = google_redis_instance.main.redis_configs["maxmemory-policy"] == "noeviction"
    error_message = "The cache forgets attempts when it is full."
  }
}

run "two_instances_run_at_least_and_all_the_time" {
  command = apply

  assert {
    condition     = google_cloud_run_v2_service.main.template[0].scaling[0].min_instance_count >= 2
    error_message = "One instance alone is away whenever it is replaced."
  }
  assert {
    condition     = google_cloud_run_v2_service.main.template[0].containers[0].resources[0].cpu_idle == false
    error_message = "Without a request it has no CPU: no mail leaves, and no secret is renewed."
  }
  assert {
    condition     = tonumber(output.environment.SHUTDOWN_TIMEOUT_SECONDS) < 10
    error_message = "Cloud Run kills after ten seconds."
  }
}

run "there_is_one_way_in_and_it_has_a_list" {
  command = apply

  assert {
    condition     = google_cloud_run_v2_service.main.ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" && google_cloud_run_v2_service.main.default_uri_disabled
    error_message = "The service is reached past the balancer."
  }
  assert {
    condition = alltrue([
      google_compute_url_map.front.default_service == google_compute_backend_bucket.nothing.id,
      google_compute_url_map.front.path_matcher[0].default_service == google_compute_backend_bucket.nothing.id,
      google_storage_bucket.nothing.public_access_prevention == "enforced",
    ])
    error_message = "What is not listed leads somewhere."
  }
  assert {
    condition     = [for rule in google_compute_url_map.front.path_matcher[0].path_rule : rule.service] == [google_compute_backend_service.service.id]
    error_message = "More than one rule leads to the service."
  }
  assert {
    condition     = google_compute_url_map.redirect.default_url_redirect[0].https_redirect
    error_message = "Plain HTTP is not sent to HTTPS."
  }
  assert {
    condition     = output.environment.METRICS_ENABLED == "false"
    error_message = "There are figures that nobody collects."
  }
}

run "secrets_are_named_and_never_told" {
  command = apply

  assert {
    condition     = output.environment.SECRETS_URL == "gcp://scribes-example" && !contains(keys(output.environment), "JWT_SECRET_KEY")
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
    condition = toset([
      for grant in google_secret_manager_secret_iam_member.service : grant.secret_id
    ]) == toset(["database-url", "jwt-secret", "redis-url", "server-authorities", "smtp-password"])
    error_message = "The account reads other secrets than its own."
  }
  assert {
    condition = toset([
      for grant in google_secret_manager_secret_iam_member.service : grant.role
    ]) == toset(["roles/secretmanager.secretAccessor", "roles/secretmanager.viewer"])
    error_message = "The account may do more than read."
  }
  assert {
    condition     = length(google_project_iam_member.metrics) == 0
    error_message = "The account has a role on the whole project."
  }
}

run "secrets_of_others_in_the_project_are_left_alone" {
  command = apply

  variables {
    secrets_prefix = "scribes-"
  }

  assert {
    condition     = output.environment.SECRETS_URL == "gcp://scribes-example/scribes-" && output.secrets["jwt-secret"] == "scribes-jwt-secret"
    error_message = "The prefix is not before every name."
  }
}

run "migrations_run_with_each_image_and_as_the_service" {
  command = apply

  assert {
    condition     = google_cloud_run_v2_job.migrate.template[0].template[0].containers[0].args == tolist(["migrate"])
    error_message = "The job does not migrate."
  }
  assert {
    condition     = google_cloud_run_v2_job.migrate.run_execution_token == substr(sha256(var.image), 0, 8)
    error_message = "A new image does not run the job."
  }
  assert {
    condition     = google_cloud_run_v2_job.migrate.template[0].template[0].containers[0].env == google_cloud_run_v2_service.main.template[0].containers[0].env
    error_message = "The job is told other things than the service."
  }
}

run "somebody_is_told" {
  command = apply

  variables {
    notification_channels = ["projects/scribes-example/notificationChannels/1"]
  }

  assert {
    condition = alltrue([
      for policy in concat(values(google_monitoring_alert_policy.figures), [google_monitoring_alert_policy.secrets]) :
      policy.notification_channels == tolist(var.notification_channels)
    ]) && length(google_monitoring_alert_policy.figures) >= 7
    error_message = "An alarm is told to nobody, or there is none."
  }
}

run "figures_are_collected_inside_an_instance" {
  command = apply

  variables {
    metrics_collector_image = "us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar:1.3.0"
  }

  assert {
    condition     = output.environment.METRICS_ENABLED == "true" && google_cloud_run_v2_service.main.template[0].containers[1].depends_on == tolist(["service"])
    error_message = "The collector has nothing to read."
  }
  assert {
    condition     = !contains(output.public_paths, "/metrics")
    error_message = "Everybody may read the figures."
  }
}

run "one_instance_is_refused" {
  command = plan

  variables {
    min_instances = 1
  }

  expect_failures = [var.min_instances]
}

run "a_database_too_small_for_its_instances_is_refused" {
  command = plan

  variables {
    max_instances = 20
  }

  expect_failures = [var.database_connections]
}

run "a_tag_that_moves_is_refused" {
  command = plan

  variables {
    image = "europe-west1-docker.pkg.dev/scribes-example/scribes/scribes-auth:latest"
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

run "what_google_itself_would_refuse_half_way_is_refused_before" {
  command = plan

  variables {
    cpu           = "1"
    memory        = "8Gi"
    database_tier = "db-custom-3-3840"
    network_range = "10.64.1.0/20"
  }

  expect_failures = [
    var.memory,
    var.database_tier,
    var.network_range,
  ]
}

run "a_faster_database_has_the_edition_that_it_needs_and_every_instance_an_address" {
  command = plan

  variables {
    database_tier        = "db-perf-optimized-N-2"
    max_instances        = 100
    database_connections = 2020
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].edition == "ENTERPRISE_PLUS"
    error_message = "Cloud SQL has no such machine in this edition."
  }
  assert {
    condition     = pow(2, 32 - tonumber(split("/", google_compute_subnetwork.service.ip_cidr_range)[1])) >= 4 * var.max_instances
    error_message = "There are too few addresses for all instances, twice while they are replaced."
  }
}
