# Runs when it is made and with each new image, and Terraform waits for its end. The same job,
# with other arguments, is the service's command line.
resource "google_cloud_run_v2_job" "migrate" {
  name                = "${var.name}-migrate"
  location            = var.region
  deletion_protection = false # it holds nothing
  run_execution_token = substr(sha256(var.image), 0, 8)

  template {
    template {
      service_account = google_service_account.service.email
      max_retries     = 3 # grants of a moment ago take a while
      timeout         = "1800s"

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = google_compute_network.main.id
          subnetwork = google_compute_subnetwork.service.id
        }
      }

      containers {
        image   = var.image
        command = ["scribes-auth"]
        args    = ["migrate"]

        resources {
          limits = { cpu = "1", memory = "512Mi" }
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
    }
  }

  depends_on = [
    google_secret_manager_secret_iam_member.service,
    google_secret_manager_secret_version.made,
  ]
}
