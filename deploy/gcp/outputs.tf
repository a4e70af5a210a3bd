output "address" {
  description = "Where the A record of `domain` has to lead."
  value       = google_compute_global_address.front.address
}

output "certificate" {
  description = "The certificate of `domain`; it is made once the A record is there."
  value       = google_compute_managed_ssl_certificate.front.name
}

output "url" {
  description = "Where users reach the service."
  value       = "https://${var.domain}"
}

output "migration_job" {
  description = "The job that migrates; with other arguments, the service's command line."
  value       = google_cloud_run_v2_job.migrate.name
}

output "service_account" {
  description = "Who the service is."
  value       = google_service_account.service.email
}

output "secrets" {
  description = "The secrets that it reads, by the names in its settings."
  value       = local.secret_ids
}

output "environment" {
  description = "What the container is told; secrets are named in it, and none is there."
  value       = local.environment
}

output "public_paths" {
  description = "What the balancer passes on."
  value       = local.public_paths
}
