import { ArmaloSandbox, ArmoxSandbox } from 'nestjs-armox-armalo/testing';
import type { Environment, ServiceEnvironment } from '../environment.js';

/** Some webhooks come twice, some late and some never, so that every part of the library has work. */
const FAULTS = { drop: 0.1, double: 0.2, delay: { share: 0.3, longest: 5_000 } };

/** Both services as servers of this process. */
export interface Sandboxes {
  readonly armox: ArmoxSandbox;
  readonly armalo: ArmaloSandbox;
  /** What the app is told instead of the environment. */
  readonly environment: { readonly armox: ServiceEnvironment; readonly armalo: ServiceEnvironment };
}

export async function startSandboxes(environment: Environment): Promise<Sandboxes> {
  const armoxSecret = environment.armox.webhookSecrets[0] ?? 'armox-sandbox-secret';
  const armaloSecret = environment.armalo.webhookSecrets[0] ?? 'whsec_sandbox';
  const armox = await new ArmoxSandbox({
    webhookSecret: armoxSecret,
    notify: ['processing', 'completed', 'failed', 'cancelled'],
    lifecycle: { pending: 200, processing: 1_500, failShare: 0.1 },
    faults: FAULTS,
  }).start();
  const armalo = await new ArmaloSandbox({ faults: FAULTS }).start();
  return {
    armox,
    armalo,
    environment: {
      armox: service(environment.armox, armoxSecret, armox),
      armalo: service(environment.armalo, armaloSecret, armalo),
    },
  };
}

function service(
  given: ServiceEnvironment,
  secret: string,
  sandbox: ArmoxSandbox | ArmaloSandbox,
): ServiceEnvironment {
  return {
    webhookSecrets: given.webhookSecrets.length > 0 ? given.webhookSecrets : [secret],
    apiKey: sandbox.apiKey,
    baseUrl: sandbox.url,
  };
}
