import { Injectable } from '@nestjs/common';
import {
  type ArmoxEvent,
  type HandlerContext,
  OnArmoxEvent,
  armoxOutputUrls,
} from 'nestjs-armox-armalo';
import { Render } from './render.entity.js';

@Injectable()
export class RenderHandlers {
  /**
   * The webhook may come before the run's own answer, so the row may not be there yet. A plain upsert will do:
   * the module runs a job's events one at a time, and none that is older than what has come already.
   */
  @OnArmoxEvent('job.*', { transactional: true })
  async keepStatus(event: ArmoxEvent, context: HandlerContext) {
    const { id, status } = event.job;
    await context.manager.upsert(
      Render,
      { id, status, image: armoxOutputUrls(event.job.output)[0] ?? null },
      ['id'],
    );
    context.logger.log(`render ${id} is ${status}`);
  }
}
