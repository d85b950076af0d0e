import type { INestApplication } from '@nestjs/common';

export interface ServerStatus {
  /** Events that the worker has still to do. */
  readonly unsettled: number;
  /** Milliseconds of processor time since the process began. */
  readonly cpu: number;
}

/** Listens, says its URL first, and its status when asked. */
export async function serve(
  app: INestApplication,
  unsettled: () => Promise<number> = async () => 0,
): Promise<void> {
  await app.listen(0, '127.0.0.1');
  const status = async (): Promise<ServerStatus> => {
    const { user, system } = process.cpuUsage();
    return { unsettled: await unsettled(), cpu: (user + system) / 1000 };
  };
  process.on('message', (message) => {
    if (message === 'status') {
      void status().then((found) => process.send?.(found));
    } else {
      void app.close().then(() => process.exit());
    }
  });
  process.send?.(await app.getUrl());
}
