import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';

@Controller('webhooks')
class PlainController {
  @Post('armalo')
  @HttpCode(200)
  receive(@Body() body: { event?: string }) {
    return { received: true, event: body.event };
  }
}

/** What Nest itself costs: the body is parsed, and that is all. */
@Module({ controllers: [PlainController] })
export class PlainModule {}
