# What there is no default for

variable "subscription_id" {
  description = "The subscription that pays for it."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.subscription_id))
    error_message = "A subscription's id is a UUID: `az account show --query id`."
  }
}

variable "location" {
  description = "Where it runs, for example westeurope."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+[0-9]?$", var.location))
    error_message = "Write a region's short name: `az account list-locations --query '[].name'`."
  }
}

variable "name" {
  description = "What the resources are called. No other server or site of Azure's may be called that."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "4 to 22 lower-case letters, digits and single hyphens."
  }
}

variable "vault_name" {
  description = "The Key Vault. No other vault of Azure's may be called that."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.vault_name)) && !strcontains(var.vault_name, "--")
    error_message = "3 to 24 lower-case letters, digits and single hyphens."
  }
}

variable "operator_addresses" {
  description = "From where secrets are put into the vault, by you and by Terraform: public IPv4 addresses, or networks up to /30."
  type        = set(string)

  validation {
    condition = length(var.operator_addresses) > 0 && alltrue([
      for address in var.operator_addresses :
      can(regex("^\\d{1,3}(\\.\\d{1,3}){3}(/(8|9|1\\d|2\\d|30))?$", address))
      && can(cidrnetmask(strcontains(address, "/") ? address : "${address}/32"))
      && !can(regex("^(10|127|169\\.254|172\\.(1[6-9]|2\\d|3[01])|192\\.168)\\.", address))
    ])
    error_message = "At least one address as others see it, like 203.0.113.7, or network, like 203.0.113.0/24."
  }
}

variable "image" {
  description = "The container image, with a tag or a digest that never moves."
  type        = string

  validation {
    condition     = can(regex("^[^\\s:@/]+(:\\d+)?/[^\\s:@]+(:[\\w][\\w.-]*|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "Write REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST; what `latest` is changes by itself."
  }
}

variable "smtp_host" {
  description = "The mail server."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", var.smtp_host))
    error_message = "Write the name or the address alone: smtp.example.com."
  }
}

variable "smtp_user" {
  description = "Who logs in there; the password is the secret smtp-password."
  type        = string

  validation {
    condition     = trimspace(var.smtp_user) != ""
    error_message = "A mail server that asks nobody for a password is not for the open network."
  }
}

variable "smtp_from_email" {
  description = "The sender of mails."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s]+@[^@\\s]+$", var.smtp_from_email))
    error_message = "Write one address: noreply@example.com."
  }
}

# What has one

variable "platform" {
  description = "container_apps: the service reads the vault itself, and takes new secrets while it runs. app_service: the platform puts secrets into its environment, and a new one needs a restart."
  type        = string
  default     = "container_apps"

  validation {
    condition     = contains(["container_apps", "app_service"], var.platform)
    error_message = "container_apps or app_service."
  }
}

variable "domain" {
  description = "The name by which users reach it; without one, the name that Azure gives."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "Write the name alone, in lower case: auth.example.com."
  }
}

variable "domain_certificate_id" {
  description = "On container_apps: the certificate of `domain` in the environment. Front Door, before an App Service, makes its own."
  type        = string
  default     = null

  validation {
    condition     = var.platform == "app_service" || (var.domain == null) == (var.domain_certificate_id == null)
    error_message = "A domain and its certificate go together."
  }
}

variable "registry_id" {
  description = "The id of the Azure Container Registry that has the image; without one, everybody may pull it."
  type        = string
  default     = null

  validation {
    condition     = var.registry_id == null || can(regex("^/subscriptions/.+/providers/Microsoft.ContainerRegistry/registries/\\w+$", var.registry_id))
    error_message = "`az acr show --name REGISTRY --query id` tells it."
  }

  validation {
    condition     = var.registry_id == null ? true : startswith(var.image, "${lower(basename(var.registry_id))}.azurecr.io/")
    error_message = "The image is in another registry than this one."
  }
}

variable "settings" {
  description = "Further settings of the service, by the names of docs/configuration.md; they go before those set here."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for name, value in var.settings :
      !can(regex("SECRET_KEY|PASSWORD", name)) && !can(regex("://[^/@]*:[^/@]+@", value)) || startswith(value, "secret:") || startswith(value, "@Microsoft.KeyVault(")
    ])
    error_message = "A secret belongs into the vault: write secret:NAME here, or on an App Service a reference."
  }
}

variable "admin_is_public" {
  description = "Whether /admin/ is passed on, too, for administrators and programs outside."
  type        = bool
  default     = false
}

variable "smtp_port" {
  description = "The mail server's port. Azure lets nothing out to port 25."
  type        = number
  default     = 587

  validation {
    condition     = contains([465, 587, 2525], var.smtp_port)
    error_message = "465 (TLS), 587 or 2525 (STARTTLS)."
  }
}

variable "min_instances" {
  description = "How many instances run at least; on an App Service, how many do."
  type        = number
  default     = 2

  validation {
    condition     = var.min_instances >= 2 && floor(var.min_instances) == var.min_instances
    error_message = "A whole number, at least 2: one alone is away whenever it is replaced."
  }
}

variable "max_instances" {
  description = "How many instances run at most. Each may open 10 connections to the database, and for a moment twice as many."
  type        = number
  default     = 8

  validation {
    condition     = var.max_instances >= var.min_instances && var.max_instances <= 30 && floor(var.max_instances) == var.max_instances
    error_message = "A whole number, at least min_instances, and at most 30."
  }
}

variable "cpu" {
  description = "CPUs of an instance: one hashes about four passwords a second. Memory is twice as many gigabytes."
  type        = number
  default     = 1

  validation {
    condition     = contains([0.5, 1, 2, 4], var.cpu)
    error_message = "0.5, 1, 2 or 4."
  }
}

variable "app_service_sku" {
  description = "The App Service's machine."
  type        = string
  default     = "P0v3"

  validation {
    condition     = can(regex("^P[0-3]v[34]$", var.app_service_sku))
    error_message = "Premium, like P0v3: zones and private networks need it."
  }
}

variable "database_sku" {
  description = "The database's machine."
  type        = string
  default     = "GP_Standard_D2ds_v5"

  validation {
    condition     = can(regex("^(GP|MO)_", var.database_sku))
    error_message = "GP_... or MO_...: burstable ones have no standby."
  }
}

variable "backup_days" {
  description = "For how many days any moment of the database can be gone back to."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "7 to 35."
  }
}

variable "zone_redundant" {
  description = "Whether instances and the database's standby are in several zones; not every region has some."
  type        = bool
  default     = true
}

variable "cache_sku" {
  description = "Azure Managed Redis's size; the smallest counts for a million addresses and accounts."
  type        = string
  default     = "Balanced_B0"

  validation {
    condition     = can(regex("^(Balanced_B|MemoryOptimized_M|ComputeOptimized_X)\\d+$", var.cache_sku))
    error_message = "Balanced_B0 and up, MemoryOptimized_M10 and up, or ComputeOptimized_X3 and up."
  }
}

variable "network_range" {
  description = "The addresses of the network: a /20 of your own plan that nothing else is in."
  type        = string
  default     = "10.64.0.0/20"

  validation {
    condition     = try(cidrsubnet(var.network_range, 0, 0) == var.network_range, false) && endswith(var.network_range, "/20")
    error_message = "Write an IPv4 network with /20 by its first address: 10.64.0.0/20."
  }
}

variable "action_group_ids" {
  description = "Action groups of Azure Monitor that are told of alarms."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.action_group_ids : can(regex("^/subscriptions/.+/providers/(?i:microsoft.insights)/actionGroups/[^/]+$", id))])
    error_message = "`az monitor action-group list --query '[].id'` tells them."
  }
}

variable "deletion_protection" {
  description = "Whether database and vault are locked; see \"Taking it down\"."
  type        = bool
  default     = true
}
