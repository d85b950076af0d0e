import type { OpsLogin } from 'nestjs-armox-armalo';

export const OPERATOR: OpsLogin = { name: 'olga', password: 'olga keeps watch', role: 'operate' };
export const VIEWER: OpsLogin = { name: 'victor', password: 'victor looks on', role: 'view' };

/** Calls the operations API as a program would, which sends no `Sec-Fetch-Site`. */
export class OpsClient {
  constructor(
    private readonly url: string,
    private readonly login: OpsLogin | undefined = OPERATOR,
  ) {}

  async get<View>(path: string): Promise<View> {
    const response = await this.fetch(path);
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
    return (await response.json()) as View;
  }

  post(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.login) headers.set('authorization', basic(this.login));
    return fetch(`${this.url}/${path}`, { redirect: 'manual', ...init, headers });
  }
}

export const basic = ({ name, password }: Pick<OpsLogin, 'name' | 'password'>): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
