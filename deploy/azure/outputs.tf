output "url" {
  description = "Where users reach the service."
  value       = local.public_url
}

output "host" {
  description = "The name that Azure gave; with a `domain`, where its CNAME record has to lead."
  value       = local.on_container_apps ? local.route_host : one(azurerm_cdn_frontdoor_endpoint.main[*].host_name)
}

output "domain_verification" {
  description = "With a `domain`, what its TXT record has to say: asuid.DOMAIN on container_apps, _dnsauth.DOMAIN before an App Service."
  value       = local.on_container_apps ? azurerm_container_app_environment.main.custom_domain_verification_id : one(azurerm_cdn_frontdoor_custom_domain.main[*].validation_token)
  sensitive   = true
}

output "resource_group" {
  description = "Where all of it is."
  value       = azurerm_resource_group.main.name
}

output "vault_name" {
  description = "Where the secrets are."
  value       = azurerm_key_vault.main.name
}

output "migration_job" {
  description = "The job that migrates."
  value       = azurerm_container_app_job.migrate.name
}

output "environment" {
  description = "What the container is told; secrets are named in it, and none is there."
  value       = local.on_container_apps ? local.environment : local.referring_environment
}

output "public_paths" {
  description = "What is passed on from outside."
  value       = local.public_paths
}
