# Cloud Run logs each URL with its query, and links in mails carry tokens there. The service's own
# line of the request tells all else.
resource "google_logging_project_exclusion" "mailed_links" {
  name        = "${var.name}-mailed-links"
  description = "Requests whose URL has a token"
  filter = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=\"${var.name}\"",
    "log_id(\"run.googleapis.com/requests\")",
    "httpRequest.requestUrl:\"token=\"",
  ])

  depends_on = [google_project_service.needed]
}
