/*
 * What compiles as a handler, and what must not. `npm run lint:types` checks the marks below;
 * handlers.spec.ts takes them away, and expects an error at each.
 */
import { Type } from 'class-transformer';
import { IsString, ValidateNested } from 'class-validator';
import {
  OnArmaloEvent,
  OnArmoxEvent,
  isArmaloEvent,
  undocumentedEvent,
  undocumentedField,
  type AnyArmaloEvent,
  type AnyArmoxEvent,
  type ArmaloEvent,
  type ArmoxEvent,
  type HandlerContext,
  type HandlerOptions,
} from '../../lib/index.js';

class Condition {
  @IsString()
  type: string;
}

class PactViolated {
  @IsString()
  pactId: string;

  @ValidateNested()
  @Type(() => Condition)
  condition: Condition;
}

class Upscaled {
  @IsString()
  outputImage: string;
}

class UpscaledJob {
  @IsString()
  id: string;

  @ValidateNested()
  @Type(() => Upscaled)
  output: Upscaled;
}

class Needy {
  constructor(readonly pactId: string) {}
}

const patient: HandlerOptions = { timeout: 120_000 };
const ofPacts: HandlerOptions<PactViolated> = { dto: PactViolated, transactional: true };

export class Right {
  @OnArmaloEvent('score.changed')
  one(event: ArmaloEvent<'score.changed'>, context: HandlerContext): string {
    const score: number = event.data.compositeScore;
    const more = String(undocumentedField(event.data, 'region'));
    return `${event.data.agentId} ${score} ${context.eventId} ${more}`;
  }

  @OnArmaloEvent(['score.changed', 'eval.completed'], { transactional: true })
  async several(event: ArmaloEvent<'score.changed' | 'eval.completed'>): Promise<void> {
    if (event.event === 'eval.completed') event.data.passed satisfies boolean;
    else event.data.compositeScore satisfies number;
  }

  @OnArmaloEvent('escrow.*')
  family(
    event: ArmaloEvent<'escrow.funded' | 'escrow.released' | 'escrow.disputed' | 'escrow.expired'>,
  ): void {
    event.data.amountUsdc satisfies string | number | undefined;
  }

  @OnArmaloEvent('agent.score.*')
  longFamily(event: ArmaloEvent<'agent.score.changed'>): void {
    event.data.compositeScore satisfies number | undefined;
  }

  @OnArmaloEvent()
  everything(event: AnyArmaloEvent): void {
    event.data.agentId satisfies string | undefined;
    if (isArmaloEvent(event, 'score.changed')) event.data.compositeScore satisfies number;
  }

  @OnArmaloEvent({ name: 'wider' })
  wider(event: { readonly event: string }): string {
    return event.event;
  }

  @OnArmaloEvent('pact.violated')
  nothing(): void {}

  @OnArmoxEvent('job.completed')
  @OnArmoxEvent('job.failed')
  stacked(event: ArmoxEvent<'job.completed' | 'job.failed'>): void {
    event.job.status satisfies 'completed' | 'failed';
    event.job.output?.['outputImage'] satisfies unknown;
  }

  @OnArmaloEvent(undocumentedEvent('pact.renewed'), { transactional: true })
  addedTomorrow(event: AnyArmaloEvent): void {
    undocumentedField(event.data, 'renewedUntil') satisfies unknown;
  }

  @OnArmaloEvent(['pact.violated', undocumentedEvent('pact.renewed')])
  oldAndNew(event: AnyArmaloEvent): void {
    event.data.pactId satisfies string | null | undefined;
  }

  @OnArmoxEvent('job.*')
  jobs(event: AnyArmoxEvent): void {
    event.job?.id satisfies string | undefined;
  }

  @OnArmaloEvent('score.changed', patient)
  optionsOfNoDto(event: ArmaloEvent<'score.changed'>): void {
    event.data satisfies { agentId: string };
  }
}

export class RightDto {
  @OnArmaloEvent('pact.violated', { dto: PactViolated })
  one(event: ArmaloEvent<'pact.violated', PactViolated>, context: HandlerContext): string {
    event.event satisfies 'pact.violated';
    event.data.condition satisfies Condition;
    return `${event.timestamp} ${event.data.condition.type} ${context.eventId}`;
  }

  @OnArmaloEvent(['pact.violated', 'pact.anchored'], ofPacts)
  several(event: ArmaloEvent<'pact.violated' | 'pact.anchored', PactViolated>): void {
    if (event.event === 'pact.anchored') event.data.pactId satisfies string;
  }

  @OnArmaloEvent('pact.*', { dto: PactViolated })
  family(event: AnyArmaloEvent<PactViolated>): void {
    event.data satisfies PactViolated;
  }

  @OnArmaloEvent({ dto: PactViolated, name: 'all' })
  everything(event: AnyArmaloEvent<PactViolated>): void {
    event.data satisfies PactViolated;
  }

  @OnArmaloEvent(undocumentedEvent('pact.renewed'), { dto: PactViolated })
  addedTomorrow(event: AnyArmaloEvent<PactViolated>): void {
    event.data satisfies PactViolated;
  }

  @OnArmaloEvent('pact.violated', { dto: PactViolated })
  wider(event: { readonly data: { readonly condition: Condition } }): void {
    event.data.condition satisfies Condition;
  }

  @OnArmoxEvent('job.completed', { dto: UpscaledJob })
  @OnArmoxEvent('job.failed', { dto: UpscaledJob })
  job(event: ArmoxEvent<'job.completed' | 'job.failed', UpscaledJob>): void {
    event.job.output.outputImage satisfies string;
  }

  @OnArmoxEvent({ dto: UpscaledJob })
  anyJob(event: AnyArmoxEvent<UpscaledJob>): void {
    event.job.output satisfies Upscaled;
  }
}

export class WrongDto {
  // @ts-expect-error the documented payload, where the dto makes another one
  @OnArmaloEvent('score.changed', { dto: PactViolated })
  documented(_event: ArmaloEvent<'score.changed'>): void {}

  // @ts-expect-error the payload of another dto
  @OnArmaloEvent('pact.violated', { dto: Condition })
  otherDto(_event: ArmaloEvent<'pact.violated', PactViolated>): void {}

  // @ts-expect-error an instance, where nothing makes one
  @OnArmaloEvent('pact.violated')
  withoutDto(_event: ArmaloEvent<'pact.violated', PactViolated>): void {}

  // @ts-expect-error the event of another name
  @OnArmaloEvent('pact.violated', { dto: PactViolated })
  otherName(_event: ArmaloEvent<'pact.anchored', PactViolated>): void {}

  // @ts-expect-error nested data of another kind
  @OnArmaloEvent('pact.violated', { dto: PactViolated })
  nested(_event: { readonly data: { readonly condition: { readonly type: number } } }): void {}

  // @ts-expect-error the wrong payload of a catch-all
  @OnArmaloEvent({ dto: PactViolated })
  everything(_event: AnyArmaloEvent<Condition>): void {}

  // @ts-expect-error a job without a result, where the dto has one of another kind
  @OnArmoxEvent('job.completed', { dto: UpscaledJob })
  job(_event: ArmoxEvent<'job.completed', { readonly output: number }>): void {}

  // @ts-expect-error a dto on one of two decorators of the handler
  @OnArmoxEvent('job.completed')
  @OnArmoxEvent('job.failed', { dto: UpscaledJob })
  stacked(_event: ArmoxEvent<'job.completed' | 'job.failed', UpscaledJob>): void {}

  // @ts-expect-error a dto that is no class
  @OnArmaloEvent('pact.violated', { dto: { pactId: 'string' } })
  noClass(_event: AnyArmaloEvent): void {}

  // @ts-expect-error a class that is made of something
  @OnArmaloEvent('pact.violated', { dto: Needy })
  needy(_event: AnyArmaloEvent): void {}

  // @ts-expect-error an option that there is not, next to a dto
  @OnArmaloEvent('pact.violated', { dto: PactViolated, transactionl: true })
  option(_event: ArmaloEvent<'pact.violated', PactViolated>): void {}

  // @ts-expect-error a misspelt name, with a dto
  @OnArmaloEvent('pact.violatd', { dto: PactViolated })
  misspelt(_event: AnyArmaloEvent<PactViolated>): void {}
}

export abstract class Base {
  @OnArmaloEvent('pact.violated')
  inherited(event: ArmaloEvent<'pact.violated'>): void {
    event.data.pactId satisfies string | null | undefined;
  }
}

export class Derived extends Base {}

export class Wrong {
  // @ts-expect-error the payload of another event
  @OnArmaloEvent('pact.violated')
  otherEvent(_event: ArmaloEvent<'eval.completed'>): void {}

  // @ts-expect-error an event of the other service
  @OnArmaloEvent('eval.completed')
  otherService(_event: ArmoxEvent<'job.completed'>): void {}

  // @ts-expect-error a misspelt name
  @OnArmaloEvent('pact.violatd')
  misspelt(_event: ArmaloEvent<'pact.violated'>): void {}

  // @ts-expect-error a misspelt family
  @OnArmaloEvent('escrows.*')
  misspeltFamily(_event: AnyArmaloEvent): void {}

  // @ts-expect-error one misspelt name in a list
  @OnArmaloEvent(['score.changed', 'score.change'])
  misspeltInList(_event: AnyArmaloEvent): void {}

  // @ts-expect-error a handler of one event, for a list of two
  @OnArmaloEvent(['score.changed', 'eval.completed'])
  tooNarrow(_event: ArmaloEvent<'score.changed'>): void {}

  // @ts-expect-error a handler of one event, for its whole family
  @OnArmaloEvent('escrow.*')
  narrowFamily(_event: ArmaloEvent<'escrow.released'>): void {}

  // @ts-expect-error a handler of one event, for all
  @OnArmaloEvent()
  narrowCatchAll(_event: ArmaloEvent<'pact.violated'>): void {}

  // @ts-expect-error a job of another status
  @OnArmoxEvent('job.failed')
  otherStatus(_event: ArmoxEvent<'job.completed'>): void {}

  // @ts-expect-error an old name of Armalo's
  @OnArmoxEvent('job.canceled')
  oneL(_event: AnyArmoxEvent): void {}

  // @ts-expect-error a third parameter that nobody gives
  @OnArmaloEvent('score.changed')
  third(_event: ArmaloEvent<'score.changed'>, _context: HandlerContext, _more: string): void {}

  // @ts-expect-error an option that there is not
  @OnArmaloEvent('score.changed', { transactionl: true })
  option(_event: ArmaloEvent<'score.changed'>): void {}

  @OnArmaloEvent('score.changed')
  misspeltField(event: ArmaloEvent<'score.changed'>): void {
    // @ts-expect-error a misspelt field of a documented event
    void event.data.agntId;
  }

  @OnArmaloEvent()
  misspeltFieldOfAny(event: AnyArmaloEvent): void {
    // @ts-expect-error a misspelt field, where only some are known
    void event.data.agntId;
  }

  @OnArmoxEvent('job.completed')
  misspeltFieldOfJob(event: ArmoxEvent<'job.completed'>): void {
    // @ts-expect-error a misspelt field of a job
    void event.job.outputs;
  }

  // @ts-expect-error a handler of one event, for a name that is not documented
  @OnArmaloEvent(undocumentedEvent('pact.renewed'))
  undocumented(_event: ArmaloEvent<'pact.violated'>): void {}

  // @ts-expect-error options twice
  @OnArmaloEvent({ name: 'once' }, { name: 'twice' })
  twice(_event: AnyArmaloEvent): void {}
}

// @ts-expect-error a name that there is not
export type NoSuchEvent = ArmaloEvent<'score.updated'>;
