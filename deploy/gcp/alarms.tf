# What somebody should look at. docs/operations.md tells what to do.

locals {
  of_service  = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${google_cloud_run_v2_service.main.name}\""
  of_balancer = "resource.type=\"https_lb_rule\" AND resource.labels.url_map_name=\"${google_compute_url_map.front.name}\""
  of_database = "resource.type=\"cloudsql_database\" AND resource.labels.database_id=\"${var.project}:${google_sql_database_instance.main.name}\""
  of_cache    = "resource.type=\"redis_instance\" AND resource.labels.instance_id=\"${google_redis_instance.main.id}\""

  # Each of a minute; three in a row are told.
  alarms = {
    errors = {
      says   = "The service, or the balancer for want of it, answers 5xx"
      filter = "${local.of_balancer} AND metric.type=\"loadbalancing.googleapis.com/https/request_count\" AND metric.labels.response_code_class=500"
      by     = ["ALIGN_DELTA", "REDUCE_SUM"]
      above  = 10
    }
    slow = {
      says   = "One answer in twenty takes more than two seconds"
      filter = "${local.of_service} AND metric.type=\"run.googleapis.com/request_latencies\""
      by     = ["ALIGN_PERCENTILE_95", "REDUCE_MAX"]
      above  = 2000
    }
    busy = {
      says   = "The instances' processors are busy"
      filter = "${local.of_service} AND metric.type=\"run.googleapis.com/container/cpu/utilizations\""
      by     = ["ALIGN_PERCENTILE_95", "REDUCE_MAX"]
      above  = 0.85
    }
    memory = {
      says   = "The instances' memory is short"
      filter = "${local.of_service} AND metric.type=\"run.googleapis.com/container/memory/utilizations\""
      by     = ["ALIGN_PERCENTILE_95", "REDUCE_MAX"]
      above  = 0.85
    }
    database_busy = {
      says   = "The database's processor is busy"
      filter = "${local.of_database} AND metric.type=\"cloudsql.googleapis.com/database/cpu/utilization\""
      by     = ["ALIGN_MEAN", "REDUCE_MAX"]
      above  = 0.8
    }
    database_full = {
      says   = "The database's disk is nearly full, although it grows"
      filter = "${local.of_database} AND metric.type=\"cloudsql.googleapis.com/database/disk/utilization\""
      by     = ["ALIGN_MEAN", "REDUCE_MAX"]
      above  = 0.95
    }
    cache_full = {
      says   = "The cache is nearly full: instances will count limits each for itself"
      filter = "${local.of_cache} AND metric.type=\"redis.googleapis.com/stats/memory/usage_ratio\""
      by     = ["ALIGN_MEAN", "REDUCE_MAX"]
      above  = 0.8
    }
  }
}

resource "google_monitoring_alert_policy" "figures" {
  for_each = local.alarms

  display_name          = "${var.name}: ${each.value.says}"
  combiner              = "OR"
  notification_channels = var.notification_channels

  conditions {
    display_name = each.key

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = "180s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = each.value.by[0]
        cross_series_reducer = each.value.by[1]
      }
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_monitoring_alert_policy" "secrets" {
  display_name          = "${var.name}: A secret can't be renewed"
  combiner              = "OR"
  notification_channels = var.notification_channels

  conditions {
    display_name = "secrets"

    condition_matched_log {
      filter = "${local.of_service} AND \"Secret not renewed\""
    }
  }

  # It is logged once, by each instance.
  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "3600s"
    }
  }

  depends_on = [google_project_service.needed]
}
