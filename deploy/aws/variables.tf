# What has no default is to be set; example.tfvars shows all of it but the image.

variable "region" {
  description = "The AWS region, eu-west-1 for example."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-\\d+$", var.region))
    error_message = "Write a region as AWS does: eu-west-1."
  }
}

variable "image" {
  description = "The image of the service, with its tag or digest. For one in ECR the role that fetches it gets that right."
  type        = string

  validation {
    condition     = can(regex("^[\\w./:-]+(:[\\w.-]+|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "Write an image with its tag or digest: REGISTRY/scribes-auth:1.2.3; what `latest` is changes by itself."
  }
}

variable "certificate_arn" {
  description = "The certificate of the domain, in ACM and in the same region."
  type        = string

  validation {
    condition     = can(regex("^arn:[\\w-]+:acm:${var.region}:\\d{12}:certificate/.+$", var.certificate_arn))
    error_message = "Write the ARN of a certificate in ACM, in the same region."
  }
}

variable "domain" {
  description = "The name by which users reach it; it has to lead to the output balancer_dns_name."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "Write the name alone, in small letters: auth.example.com."
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
  description = "Who logs in there; the password is in the secret smtp-password."
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
    error_message = "Write an e-mail address."
  }
}

variable "smtp_port" {
  description = "The port of the mail server: 587 (STARTTLS) or 465 (TLS)."
  type        = number
  default     = 587

  validation {
    condition     = contains([25, 465, 587, 2465, 2587], var.smtp_port)
    error_message = "Mail servers listen on 587, 465, 25, 2587 or 2465."
  }
}

variable "name" {
  description = "The name of all that is made here; another one for each installation in an account."
  type        = string
  default     = "scribes-auth"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,21}[a-z0-9]$", var.name)) && !strcontains(var.name, "--") && !startswith(var.name, "internal-")
    error_message = "Use 3 to 23 small letters, digits and single hyphens, beginning with a letter, and not with internal-, which is the balancers' own."
  }
}

variable "tags" {
  description = "Tags of everything."
  type        = map(string)
  default     = {}
}

variable "settings" {
  description = "Further settings of the service (docs/configuration.md): LOG_LEVEL, CORS_ORIGINS ... A secret is written secret:NAME."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([
      for name, value in var.settings :
      !can(regex("SECRET_KEY|PASSWORD", name)) && !can(regex("://[^/@]*:[^/@]+@", value)) || startswith(value, "secret:")
    ])
    error_message = "Everybody who sees a task definition reads its environment: write secret:NAME, not the secret."
  }
}

variable "further_secret_arns" {
  description = "Further secrets that settings or redis_url refer to, so that the service may read them. Under AWS's own key or the one that is made here."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.further_secret_arns : can(regex("^arn:[\\w-]+:secretsmanager:[\\w-]+:\\d{12}:secret:[^*]+$", arn))])
    error_message = "Write ARNs of secrets, each in full."
  }
}

variable "secrets_prefix" {
  description = "What the names of the secrets begin with: PREFIXjwt-secret, PREFIXsmtp-password."
  type        = string
  default     = "scribes/"

  validation {
    condition     = can(regex("^[\\w/+=.@-]*$", var.secrets_prefix))
    error_message = "Secrets Manager has names of letters, digits and /_+=.@- only."
  }
}

variable "inject_secrets" {
  description = "Let ECS put the JWT key and the mail password into the environment when a task starts. Then they change with a deployment only, and the key is not rotated."
  type        = bool
  default     = false
}

variable "jwt_rotation_days" {
  description = "A new JWT key every so many days; null: never, as for a private key of your own."
  type        = number
  default     = 30

  # Two versions are sure to be kept: the key before has to be of use no more.
  validation {
    condition     = var.jwt_rotation_days == null ? true : var.jwt_rotation_days >= 14 && var.jwt_rotation_days <= 365
    error_message = "Use 14 to 365 days: longer than a refresh token lives, twice."
  }
}

variable "create_service" {
  description = "Whether the tasks run; false the first time, until the secrets are put and the database is migrated."
  type        = bool
  default     = true
}

variable "migrate_image" {
  description = "The image that migrates the database, while it is another than the one that serves: before an upgrade. In ECR it is in the same repository."
  type        = string
  default     = null

  validation {
    condition     = var.migrate_image == null ? true : can(regex("^[\\w./:-]+(:[\\w.-]+|@sha256:[0-9a-f]{64})$", var.migrate_image)) && !endswith(var.migrate_image, ":latest")
    error_message = "Write an image with its tag or digest: REGISTRY/scribes-auth:1.2.3."
  }
}

variable "min_instances" {
  description = "How many tasks there are at least."
  type        = number
  default     = 2

  validation {
    condition     = var.min_instances >= 1 && floor(var.min_instances) == var.min_instances
    error_message = "Use a whole number, 2 or more to survive the loss of one."
  }
}

variable "max_instances" {
  description = "How many tasks there are at most; each may have 10 connections to the database."
  type        = number
  default     = 6

  validation {
    condition     = var.max_instances >= var.min_instances && floor(var.max_instances) == var.max_instances
    error_message = "Use a whole number, min_instances at least."
  }
}

variable "cpu" {
  description = "Processor of a task, in 1/1024: 256, 512, 1024, 2048 or 4096. Passwords are hashed there."
  type        = number
  default     = 1024

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu)
    error_message = "Fargate has 256, 512, 1024, 2048 and 4096."
  }
}

variable "memory" {
  description = "Memory of a task in MB: two to eight times cpu."
  type        = number
  default     = 2048

  validation {
    condition     = var.memory >= 2 * var.cpu && var.memory <= min(8 * var.cpu, 30720) && var.memory % 1024 == 0 || contains([512], var.memory) && var.cpu == 256
    error_message = "Use two to eight times cpu, in whole GB, and 30 GB at most."
  }
}

variable "cpu_architecture" {
  description = "What the image was built for: X86_64 or ARM64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "Use X86_64 or ARM64."
  }
}

variable "network_range" {
  description = "The addresses of the network that is made, a /16 to /22."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = try(cidrsubnet(var.network_range, 0, 0) == var.network_range, false) && try(tonumber(split("/", var.network_range)[1]) >= 16 && tonumber(split("/", var.network_range)[1]) <= 22, false)
    error_message = "Write an IPv4 network of /16 to /22 by its first address: 10.20.0.0/16."
  }
}

variable "zones" {
  description = "In which zones of the region everything is, by their letters."
  type        = list(string)
  default     = ["a", "b"]

  validation {
    condition     = contains([2, 3], length(var.zones)) && length(distinct(var.zones)) == length(var.zones) && alltrue([for zone in var.zones : can(regex("^[a-z]$", zone))])
    error_message = "Use two or three letters, each once."
  }
}

variable "client_cidrs" {
  description = "From where clients come; by default from everywhere."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.client_cidrs) > 0 && alltrue([for cidr in var.client_cidrs : can(cidrnetmask(cidr))])
    error_message = "Write IPv4 networks, one at least."
  }
}

variable "admin_cidrs" {
  description = "From which networks /admin/ is reached; from none by default."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.admin_cidrs) <= 4 && alltrue([for cidr in var.admin_cidrs : can(cidrnetmask(cidr))])
    error_message = "Write IPv4 networks, four at most."
  }
}

variable "access_logs_bucket" {
  description = "A bucket that takes the balancer's access logs; null: none are kept. They tell whole URLs, and links in mails have tokens there."
  type        = string
  default     = null
}

variable "database_version" {
  description = "The major version of PostgreSQL."
  type        = string
  default     = "17"

  validation {
    condition     = contains(["14", "15", "16", "17"], var.database_version)
    error_message = "Use 14 to 17."
  }
}

variable "database_instance_class" {
  description = "The size of each of the two database servers."
  type        = string
  default     = "db.t4g.small"

  validation {
    condition     = startswith(var.database_instance_class, "db.")
    error_message = "Write a class of RDS: db.t4g.small."
  }
}

variable "database_storage_gb" {
  description = "The storage of the database in GB; it grows by itself, up to five times that."
  type        = number
  default     = 20

  validation {
    condition     = var.database_storage_gb >= 20
    error_message = "RDS has 20 GB at least."
  }
}

variable "backup_days" {
  description = "For how many days the database can be restored to any moment."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "RDS keeps backups for 1 to 35 days."
  }
}

variable "database_authorities_file" {
  description = "Where the image has RDS's certificate authorities; with it the server's certificate is checked, else the connection is only encrypted."
  type        = string
  default     = null

  validation {
    condition     = var.database_authorities_file == null ? true : startswith(var.database_authorities_file, "/")
    error_message = "Write an absolute path in the image."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete database and balancer; false before taking all of it down."
  type        = bool
  default     = true
}

variable "create_cache" {
  description = "Whether to make a cache, in which all tasks count limits together. Without it, and without redis_url, there is one task."
  type        = bool
  default     = true
}

variable "redis_url" {
  description = "A Redis or Valkey of your own instead, with create_cache = false: rediss://HOST:6379/0 or secret:NAME."
  type        = string
  default     = null

  validation {
    condition     = var.redis_url == null ? true : can(regex("^(rediss://[^@]+|secret:.+)$", var.redis_url)) && !var.create_cache
    error_message = "Write rediss://HOST:6379/0, or secret:NAME if there is a password in it, and set create_cache = false."
  }
}

variable "cache_node_type" {
  description = "The size of each of the two cache nodes."
  type        = string
  default     = "cache.t4g.small"

  validation {
    condition     = startswith(var.cache_node_type, "cache.")
    error_message = "Write a type of ElastiCache: cache.t4g.small."
  }
}

variable "log_retention_days" {
  description = "For how many days logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 180, 365, 400, 731], var.log_retention_days)
    error_message = "Use 30, 60, 90, 180, 365, 400 or 731."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told of alarms."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:[\\w-]+:sns:", arn))])
    error_message = "Write ARNs of SNS topics."
  }
}
