resource "google_cloud_run_v2_service" "main" {
  name                 = var.name
  location             = var.region
  deletion_protection  = false # it holds nothing; and one that did not start the first time is made anew
  ingress              = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  default_uri_disabled = true # past the balancer's list of paths there is no way
  invoker_iam_disabled = true # users of the service have no Google account

  template {
    service_account                  = google_service_account.service.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    max_instance_request_concurrency = 200
    timeout                          = "60s"

    scaling {
      min_instance_count = var.min_instances
      max_instance_count = var.max_instances
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY" # mail goes straight out
      network_interfaces {
        network    = google_compute_network.main.id
        subnetwork = google_compute_subnetwork.service.id
      }
    }

    containers {
      name    = "service"
      image   = var.image
      command = ["scribes-auth"]
      args    = ["serve"]

      ports {
        container_port = 8000
      }

      resources {
        limits = { cpu = var.cpu, memory = var.memory }
        # Mails, new secrets and cleaning up are not the work of a request.
        cpu_idle          = false
        startup_cpu_boost = true
      }

      startup_probe {
        http_get {
          path = "/readyz"
          port = 8000
        }
        period_seconds    = 3
        timeout_seconds   = 2
        failure_threshold = 40
      }

      liveness_probe {
        http_get {
          path = "/livez"
          port = 8000
        }
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 3
      }

      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      volume_mounts {
        name       = "authorities"
        mount_path = local.authorities_directory
      }
    }

    volumes {
      name = "authorities"
      secret {
        secret = google_secret_manager_secret.made["server-authorities"].secret_id
        items {
          version = "latest"
          path    = basename(local.authorities_file)
        }
      }
    }

    dynamic "containers" {
      for_each = var.metrics_collector_image[*]
      content {
        name       = "metrics"
        image      = containers.value
        depends_on = ["service"]

        resources {
          limits   = { cpu = "1", memory = "256Mi" } # less than one is for services without concurrency
          cpu_idle = false
        }

        volume_mounts {
          name       = "metrics"
          mount_path = "/etc/rungmp"
        }
      }
    }

    dynamic "volumes" {
      for_each = google_secret_manager_secret.metrics
      content {
        name = "metrics"
        secret {
          secret = volumes.value.secret_id
          items {
            version = "latest"
            path    = "config.yaml"
          }
        }
      }
    }
  }

  # The schema is there before the version that needs it.
  depends_on = [google_cloud_run_v2_job.migrate, google_secret_manager_secret_version.metrics]
}
