# What there is no default for

variable "project" {
  description = "The id of the Google Cloud project that holds everything, its secrets too."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Where it runs, for example europe-west1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "Name a region, like europe-west1, and no zone of it."
  }
}

variable "image" {
  description = "The container image, with a tag or a digest that never moves."
  type        = string

  validation {
    condition     = can(regex("^[^\\s:@]+[^\\s]*(:[\\w][\\w.-]*|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "Write REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST; what `latest` is changes by itself."
  }
}

variable "domain" {
  description = "The name by which users reach it; its A record has to lead to the output `address`."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "Write the name alone, in lower case: auth.example.com."
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

variable "name" {
  description = "What the resources are called."
  type        = string
  default     = "scribes-auth"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,20}[a-z0-9]$", var.name))
    error_message = "6 to 22 lower-case letters, digits and hyphens."
  }
}

variable "secrets_prefix" {
  description = "What stands before the names of the secrets, for a project in which jwt-secret is somebody else's."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{0,60}$", var.secrets_prefix))
    error_message = "Secret Manager takes letters, digits, hyphens and underscores."
  }
}

variable "settings" {
  description = "Further settings of the service, by the names of docs/configuration.md; they go before those set here."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for name, value in var.settings :
      !can(regex("SECRET_KEY|PASSWORD", name)) && !can(regex("://[^/@]*:[^/@]+@", value)) || startswith(value, "secret:")
    ])
    error_message = "A secret belongs into Secret Manager: write secret:NAME here."
  }
}

variable "admin_is_public" {
  description = "Whether /admin/ is passed on, too, for administrators and programs outside."
  type        = bool
  default     = false
}

variable "smtp_port" {
  description = "The mail server's port. Cloud Run lets nothing out to port 25."
  type        = number
  default     = 587

  validation {
    condition     = contains([465, 587, 2525], var.smtp_port)
    error_message = "465 (TLS), 587 or 2525 (STARTTLS)."
  }
}

variable "min_instances" {
  description = "How many instances run at least."
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
    condition     = var.max_instances >= var.min_instances && var.max_instances <= 100 && floor(var.max_instances) == var.max_instances
    error_message = "A whole number, at least min_instances, and at most 100."
  }
}

variable "cpu" {
  description = "CPUs of an instance: one hashes about four passwords a second."
  type        = string
  default     = "1"

  validation {
    condition     = contains(["1", "2", "4", "8"], var.cpu)
    error_message = "Cloud Run has 1, 2, 4 or 8 for a service whose CPU is always on."
  }
}

variable "memory" {
  description = "Memory of an instance."
  type        = string
  default     = "512Mi"

  validation {
    condition = can(regex("^(512Mi|[1-9]\\d?Gi)$", var.memory)) && try(
      tonumber(trimsuffix(var.memory, "Gi")) >= tonumber(var.cpu) / 2 && tonumber(trimsuffix(var.memory, "Gi")) <= 4 * tonumber(var.cpu),
      contains(["1"], var.cpu),
    )
    error_message = "512Mi with one CPU, or whole Gi: half as many as CPUs at least, and four for each at most."
  }
}

variable "database_tier" {
  description = "Cloud SQL's machine: db-custom-CPUS-MEGABYTES."
  type        = string
  default     = "db-custom-1-3840"

  validation {
    condition = can(regex("^db-perf-optimized-N-\\d+$", var.database_tier)) || try(
      alltrue([
        for size in [[for it in regex("^db-custom-(\\d+)-(\\d+)$", var.database_tier) : tonumber(it)]] :
        (size[0] == 1 || size[0] % 2 == 0) && size[1] % 256 == 0
        && size[1] >= max(3840, 922 * size[0]) && size[1] <= 6656 * size[0]
      ]),
      false,
    )
    error_message = "db-custom-CPUS-MEGABYTES, with one CPU or an even number, and of memory a multiple of 256, 3840 at least and 0.9 to 6.5 GB for each CPU; or db-perf-optimized-N-CPUS. Those with a shared core have no standby worth the name."
  }
}

variable "database_connections" {
  description = "How many connections the database takes: twice 10 for each of max_instances, and some for people."
  type        = number
  default     = 200

  validation {
    condition     = var.database_connections >= 20 * var.max_instances + 20
    error_message = "At least 20 for each of max_instances, and 20 more."
  }
}

variable "backup_days" {
  description = "For how many days backups are kept, and for how many of the last 7 any moment can be gone back to."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 365
    error_message = "7 to 365."
  }
}

variable "cache_memory_gb" {
  description = "Memory of Memorystore; 1 GB counts for about three million addresses and accounts."
  type        = number
  default     = 1

  validation {
    condition     = var.cache_memory_gb >= 1 && var.cache_memory_gb <= 300 && floor(var.cache_memory_gb) == var.cache_memory_gb
    error_message = "1 to 300."
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

variable "metrics_collector_image" {
  description = "Google's Prometheus sidecar for Cloud Run; without it there is no /metrics at all, since nobody could ask for it."
  type        = string
  default     = null

  validation {
    condition     = var.metrics_collector_image == null || can(regex("^[^\\s:@]+(:[\\w][\\w.-]*|@sha256:[0-9a-f]{64})$", var.metrics_collector_image))
    error_message = "Write REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST."
  }
}

variable "notification_channels" {
  description = "Channels of Cloud Monitoring that are told of alarms: projects/PROJECT/notificationChannels/NUMBER."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for channel in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/\\d+$", channel))])
    error_message = "`gcloud beta monitoring channels list --format='value(name)'` tells them."
  }
}

variable "deletion_protection" {
  description = "Whether database and cache refuse to be destroyed; see \"Taking it down\"."
  type        = bool
  default     = true
}
