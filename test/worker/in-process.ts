import {
  Execution,
  WorkerLoop,
  type ExecutionDependencies,
  type WorkerLoopDependencies,
} from '../../lib/worker/index.js';

export type InProcessStore = WorkerLoopDependencies['store'] & ExecutionDependencies['store'];

export type InProcessDependencies = Omit<WorkerLoopDependencies, 'store' | 'execution'> &
  Pick<ExecutionDependencies, 'dispatch'> & { readonly store: InProcessStore };

/** The loop and the execution that it drives, as a process has them. */
export class InProcess {
  readonly execution: Execution;
  private readonly loop: WorkerLoop;

  constructor(dependencies: InProcessDependencies) {
    const { lease } = dependencies.settings;
    const execution = (this.execution = new Execution({ ...dependencies, lease }));
    this.loop = new WorkerLoop({ ...dependencies, execution });
  }

  start(): void {
    this.execution.start();
    this.loop.start();
  }

  notify(): void {
    this.loop.notify();
  }

  stop({ graceMs }: { readonly graceMs: number }): Promise<void> {
    return this.execution.stop({ graceMs, engine: this.loop.stop() });
  }
}
