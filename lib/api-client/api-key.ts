import { ArmoxArmaloConfigurationError } from '../core/index.js';

/**
 * A character that no header may hold would come back in fetch's own error, with the key around it.
 * No prefix is demanded: the services' documents name several.
 * @throws ArmoxArmaloConfigurationError
 */
export function checkApiKey(apiKey: string, option: string): void {
  if (typeof apiKey === 'string' && /^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new ArmoxArmaloConfigurationError(
    option,
    'must be the API key: printable ASCII characters without spaces or line breaks.',
  );
}

/** Takes the key out of what a stranger wrote, as it is and as JSON, URLs and HTML write it. */
export function withoutApiKey(text: string, apiKey: string): string {
  return spellings(apiKey).reduce((rest, spelling) => rest.replaceAll(spelling, '[key]'), text);
}

function spellings(apiKey: string): readonly string[] {
  const url = encodeURIComponent(apiKey);
  const form = new URLSearchParams({ key: apiKey }).toString().slice('key='.length);
  const once = [apiKey, quoted(apiKey), url, form, encodeURI(apiKey), ...htmlSpellings(apiKey)];
  // Services differ in the case of hexadecimal digits, and quote one another's texts.
  const all = once.flatMap((spelling) => [spelling, spelling.replace(/%../g, toLowerCase)]);
  return [...new Set(all.flatMap((spelling) => [spelling, quoted(spelling)]))];
}

const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);
const toLowerCase = (code: string): string => code.toLowerCase();

function htmlSpellings(text: string): readonly string[] {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quotes = escaped.replaceAll('"', '&quot;');
  return [escaped, quotes, quotes.replaceAll("'", '&#39;'), quotes.replaceAll("'", '&#x27;')];
}
