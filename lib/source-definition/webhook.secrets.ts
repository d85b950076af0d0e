import {
  ArmoxArmaloConfigurationError,
  isPlainText,
  secretProblem,
  type AccountSecrets,
  type SecretResolver,
} from '../core/index.js';
import { LENGTHS } from '../inbox/index.js';
import type { SecretAnswer, WebhookSecret } from './source.options.js';

/** @param option its name, for errors: `<source>.webhookSecret` */
export function secretResolver(option: string, secret: WebhookSecret | undefined): SecretResolver {
  if (typeof secret === 'function') {
    return async (account) => accountSecrets(option, account, await secret(account));
  }
  const secrets = secret === undefined ? [] : [secret].flat();
  return (account) => ({ account, secrets });
}

function accountSecrets(option: string, asked: string, answer: SecretAnswer): AccountSecrets {
  const named = typeof answer === 'object' && 'account' in answer;
  const { account, secret } = named ? answer : { account: asked, secret: answer };
  if (account !== '' && !isPlainText(account, LENGTHS.account)) {
    throw new ArmoxArmaloConfigurationError(
      option,
      `the function must name an account of at most ${LENGTHS.account} characters without control characters.`,
    );
  }
  return { account, secrets: checkSecrets(option, [secret ?? []].flat()) };
}

function checkSecrets(option: string, secrets: readonly string[]): readonly string[] {
  for (const secret of secrets) {
    const problem = secretProblem(secret);
    if (problem !== undefined) throw new ArmoxArmaloConfigurationError(option, problem);
  }
  return secrets;
}
