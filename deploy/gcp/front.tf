resource "google_compute_global_address" "front" {
  name = "${var.name}-front"

  depends_on = [google_project_service.needed]
}

resource "google_compute_region_network_endpoint_group" "service" {
  name                  = var.name
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.main.name
  }
}

resource "google_compute_backend_service" "service" {
  name                  = var.name
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"

  backend {
    group = google_compute_region_network_endpoint_group.service.id
  }

  # Its log would tell whole URLs, and links in mails have tokens there. The service's own does not.
  log_config {
    enable = false
  }
}

# What is not listed ends here: in a bucket that is empty, and that nobody may read.
#trivy:ignore:GCP-0066 there is nothing to encrypt
#trivy:ignore:GCP-0078 there is nothing to keep a version of
resource "google_storage_bucket" "nothing" {
  # checkov:skip=CKV_GCP_62: there is nothing to read
  # checkov:skip=CKV_GCP_78: there is nothing to keep a version of
  name                        = "${var.project}-${var.name}-nothing"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
}

resource "google_compute_backend_bucket" "nothing" {
  name        = "${var.name}-nothing"
  bucket_name = google_storage_bucket.nothing.name
}

resource "google_compute_url_map" "front" {
  name            = var.name
  default_service = google_compute_backend_bucket.nothing.id

  host_rule {
    hosts        = [var.domain]
    path_matcher = "public"
  }

  path_matcher {
    name            = "public"
    default_service = google_compute_backend_bucket.nothing.id

    path_rule {
      paths   = local.public_paths
      service = google_compute_backend_service.service.id
    }
  }
}

# Another domain gets another one, which takes over before the old one goes.
resource "google_compute_managed_ssl_certificate" "front" {
  name = "${var.name}-${substr(sha256(var.domain), 0, 8)}"

  managed {
    domains = [var.domain]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_ssl_policy" "front" {
  name            = var.name
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_target_https_proxy" "front" {
  name             = var.name
  url_map          = google_compute_url_map.front.id
  ssl_certificates = [google_compute_managed_ssl_certificate.front.id]
  ssl_policy       = google_compute_ssl_policy.front.id
}

resource "google_compute_global_forwarding_rule" "https" {
  name                  = "${var.name}-https"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.front.id
  port_range            = "443"
  target                = google_compute_target_https_proxy.front.id
}

# Plain HTTP is sent to HTTPS, and gets nothing else.

resource "google_compute_url_map" "redirect" {
  name = "${var.name}-redirect"

  default_url_redirect {
    host_redirect          = var.domain
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }
}

resource "google_compute_target_http_proxy" "redirect" {
  # checkov:skip=CKV_GCP_124: it redirects to HTTPS
  name    = "${var.name}-redirect"
  url_map = google_compute_url_map.redirect.id
}

resource "google_compute_global_forwarding_rule" "http" {
  name                  = "${var.name}-http"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.front.id
  port_range            = "80"
  target                = google_compute_target_http_proxy.redirect.id
}
