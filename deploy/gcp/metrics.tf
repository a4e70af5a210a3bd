# Cloud Run passes on one port, and what is in an instance asks the others: a sidecar of Google's
# reads /metrics on the loopback interface, and writes to Managed Service for Prometheus.

resource "google_secret_manager_secret" "metrics" {
  count = var.metrics_collector_image == null ? 0 : 1

  secret_id = "${var.secrets_prefix}metrics-collector"

  replication {
    auto {}
  }

  depends_on = [google_project_service.needed]
}

resource "google_secret_manager_secret_version" "metrics" {
  count = length(google_secret_manager_secret.metrics)

  secret = google_secret_manager_secret.metrics[count.index].id
  secret_data = yamlencode({
    apiVersion = "monitoring.googleapis.com/v1beta"
    kind       = "RunMonitoring"
    metadata   = { name = var.name }
    spec       = { endpoints = [{ port = 8000, path = "/metrics", interval = "30s" }] }
  })

  depends_on = [google_secret_manager_secret_iam_member.metrics]
}

resource "google_secret_manager_secret_iam_member" "metrics" {
  count = length(google_secret_manager_secret.metrics)

  secret_id = google_secret_manager_secret.metrics[count.index].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.service.member
}

resource "google_project_iam_member" "metrics" {
  count = length(google_secret_manager_secret.metrics)

  project = var.project
  role    = "roles/monitoring.metricWriter"
  member  = google_service_account.service.member
}
