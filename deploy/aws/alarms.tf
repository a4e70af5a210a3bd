# What somebody should look at. docs/operations.md tells what to do.

locals {
  balancer = { LoadBalancer = aws_lb.this.arn_suffix }
  targets  = merge(local.balancer, { TargetGroup = aws_lb_target_group.this.arn_suffix })
  tasks_of = { ClusterName = aws_ecs_cluster.this.name, ServiceName = var.name }
  database = { DBInstanceIdentifier = aws_db_instance.this.identifier }

  alarms = merge(
    {
      errors = {
        says       = "The service answers 5xx"
        metric     = ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum"]
        dimensions = local.targets
        above      = 10
      }
      unreached = {
        says       = "The balancer answers 5xx itself: no task does"
        metric     = ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum"]
        dimensions = local.balancer
        above      = 10
      }
      unready = {
        says       = "A task is not ready"
        metric     = ["AWS/ApplicationELB", "UnHealthyHostCount", "Maximum"]
        dimensions = local.targets
        above      = 0
      }
      slow = {
        says       = "Answers take more than two seconds on average"
        metric     = ["AWS/ApplicationELB", "TargetResponseTime", "Average"]
        dimensions = local.targets
        above      = 2
      }
      busy = {
        says       = "The tasks' processors are busy although there are as many tasks as may be"
        metric     = ["AWS/ECS", "CPUUtilization", "Average"]
        dimensions = local.tasks_of
        above      = 85
      }
      memory = {
        says       = "The tasks' memory is short"
        metric     = ["AWS/ECS", "MemoryUtilization", "Maximum"]
        dimensions = local.tasks_of
        above      = 85
      }
      database_busy = {
        says       = "The database's processor is busy"
        metric     = ["AWS/RDS", "CPUUtilization", "Average"]
        dimensions = local.database
        above      = 80
      }
      database_full = {
        says       = "The database has less than 2 GB of storage left"
        metric     = ["AWS/RDS", "FreeStorageSpace", "Minimum"]
        dimensions = local.database
        below      = 2 * 1024 * 1024 * 1024
      }
      secrets = {
        says       = "A secret can't be renewed"
        metric     = [var.name, "SecretNotRenewed", "Sum"]
        dimensions = {}
        above      = 0
        minutes    = 1 # it is logged once
      }
    },
    local.rotates ? {
      rotation = {
        says       = "The JWT key could not be rotated"
        metric     = ["AWS/Lambda", "Errors", "Sum"]
        dimensions = { FunctionName = local.rotation_name }
        above      = 0
        minutes    = 1
      }
    } : {},
    var.create_cache ? {
      cache_full = {
        says       = "The cache is nearly full: tasks will count limits each for itself"
        metric     = ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum"]
        dimensions = { CacheClusterId = "${var.name}-001" }
        above      = 80
      }
    } : {},
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = each.value.metric[0]
  metric_name         = each.value.metric[1]
  statistic           = each.value.metric[2]
  dimensions          = each.value.dimensions
  comparison_operator = can(each.value.above) ? "GreaterThanThreshold" : "LessThanThreshold"
  threshold           = try(each.value.above, each.value.below)
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = try(each.value.minutes, 3)
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

resource "aws_cloudwatch_log_metric_filter" "secrets" {
  name           = "${var.name}-secret-not-renewed"
  log_group_name = aws_cloudwatch_log_group.this["service"].name
  pattern        = "\"Secret not renewed\""

  metric_transformation {
    namespace = var.name
    name      = "SecretNotRenewed"
    value     = "1"
  }
}
