/** A package that is not installed, which is no defect. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
}

/** Imports an optional package. Its name is no literal: neither TypeScript nor a bundler shall ask for it. */
export async function importOptional<Module>(name: string): Promise<Module> {
  try {
    return (await import(name)) as Module;
  } catch (error) {
    throw isMissing(error, name) ? new MissingPackageError(`${name} is not installed`) : error;
  }
}

/** Whether an import failed because there is no such package, and not inside of it. */
export function isMissing(error: unknown, name: string): boolean {
  const { message } = error as Error;
  return /cannot find (package|module)/i.test(message) && message.includes(`'${name}'`);
}

export function firstLine(text: string): string {
  return text.split('\n')[0]!.trim();
}
