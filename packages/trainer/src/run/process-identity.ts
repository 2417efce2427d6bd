import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process on which machine: a process id alone names another process in another container, on another host or after a restart. */
export interface ProcessIdentity {
  readonly host: string;
  /** Of the running kernel, which containers share; empty where the system has none. */
  readonly boot: string;
  /** Container (pid namespace) in which `pid` counts; empty where the system has none. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks from the boot to the start of the process; empty where the system does not say. */
  readonly started: string;
}

/** The process that runs this. */
export function ownIdentity(): ProcessIdentity {
  return {
    host: hostname(),
    boot: text(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    pidNamespace: text(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    started: startOf(process.pid) ?? '',
  };
}

/** Whether two processes run on one kernel, so that the one can learn of the other's death. */
export function onOneKernel(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.boot === b.boot && (a.boot !== '' || a.host === b.host);
}

/** Whether the process is certainly alive or dead, as far as its process id tells. */
export function fateOf(one: ProcessIdentity, own = ownIdentity()): 'alive' | 'dead' | 'unknown' {
  if (!onOneKernel(one, own) || one.pidNamespace !== own.pidNamespace) return 'unknown';
  if (one.started !== '') return startOf(one.pid) === one.started ? 'alive' : 'dead';
  try {
    process.kill(one.pid, 0);
    return 'unknown'; // this process id may have been given away again
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'dead' : 'unknown';
  }
}

/** Undefined for a process that is dead, or that waits for its parent to notice. */
function startOf(pid: number): string | undefined {
  const stat = text(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name, in parentheses, may hold spaces; the state is field 3, the start field 22 (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 'ZX'.includes(fields[0] ?? '') ? undefined : fields[19];
}

function text(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}

/** A name that no other process has. */
export const newToken = (): string => randomUUID();
