# Who may speak to whom: the world to the balancer, the balancer to the tasks, and the tasks
# to the database, the cache, AWS and the mail server.

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "The load balancer"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "tasks" {
  name        = "${var.name}-tasks"
  description = "The tasks of the service"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "The database"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "cache" {
  count       = var.create_cache ? 1 : 0
  name        = "${var.name}-cache"
  description = "The cache"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "world" {
  #checkov:skip=CKV_AWS_260:port 80 is open to send everybody to HTTPS
  for_each = {
    for way in setproduct([80, 443], var.client_cidrs) : join(" ", way) => way
  }

  security_group_id = aws_security_group.balancer.id
  description       = "Clients"
  cidr_ipv4         = each.value[1]
  ip_protocol       = "tcp"
  from_port         = each.value[0]
  to_port           = each.value[0]
}

locals {
  # From a group, to a group, at a port.
  ways = merge(
    {
      balancer_tasks = [aws_security_group.balancer.id, aws_security_group.tasks.id, local.port]
      tasks_database = [aws_security_group.tasks.id, aws_security_group.database.id, local.database_port]
    },
    var.create_cache ? {
      tasks_cache = [aws_security_group.tasks.id, aws_security_group.cache[0].id, local.cache_port]
    } : {},
  )
}

resource "aws_vpc_security_group_egress_rule" "out" {
  for_each                     = local.ways
  security_group_id            = each.value[0]
  referenced_security_group_id = each.value[1]
  description                  = each.key
  ip_protocol                  = "tcp"
  from_port                    = each.value[2]
  to_port                      = each.value[2]
}

resource "aws_vpc_security_group_ingress_rule" "in" {
  for_each                     = local.ways
  security_group_id            = each.value[1]
  referenced_security_group_id = each.value[0]
  description                  = each.key
  ip_protocol                  = "tcp"
  from_port                    = each.value[2]
  to_port                      = each.value[2]
}

# AWS's own services and the mail server have no addresses that could be named.
#trivy:ignore:AWS-0104 only these two ports, by NAT
resource "aws_vpc_security_group_egress_rule" "outside" {
  for_each          = toset([for port in [443, var.smtp_port] : tostring(port)])
  security_group_id = aws_security_group.tasks.id
  description       = "AWS, and the mail server"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}
