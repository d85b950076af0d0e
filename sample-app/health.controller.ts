import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { ArmoxArmaloHealthIndicator } from 'nestjs-armox-armalo/terminus';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly webhooks: ArmoxArmaloHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    // The sandboxes lose one webhook in ten, and the poller finds those.
    return this.health.check([() => this.webhooks.check('webhooks', { repairedShare: null })]);
  }
}
