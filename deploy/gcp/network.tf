resource "google_compute_network" "main" {
  # checkov:skip=CKV2_GCP_18: nothing in it listens; Cloud Run only goes out, and what is denied needs no rule
  name                    = var.name
  auto_create_subnetworks = false

  depends_on = [google_project_service.needed]
}

# Instances of the service and of the job: each takes two addresses, and twice that while it is replaced.
resource "google_compute_subnetwork" "service" {
  # checkov:skip=CKV_GCP_76: IPv4 only
  name                     = var.name
  network                  = google_compute_network.main.id
  ip_cidr_range            = cidrsubnet(var.network_range, 2, 0)
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# Where Google places the database and the cache; reached through a peering, and from nowhere else.
resource "google_compute_global_address" "services" {
  name          = "${var.name}-services"
  network       = google_compute_network.main.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  address       = cidrhost(cidrsubnet(var.network_range, 1, 1), 0)
  prefix_length = 21
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.main.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
  deletion_policy         = "ABANDON" # Google lets go of it days after the database is gone; README.md tells how not to wait
}
