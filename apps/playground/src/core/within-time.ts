/** Settles as the work does, or rejects after some seconds: for work of a browser that may never settle. */
export function withinTime<T>(work: Promise<T>, seconds: number, late: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${late} within ${seconds} s`)), 1000 * seconds);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
