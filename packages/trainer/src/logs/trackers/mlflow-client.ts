/** Answer of the server, as JSON. */
type Answer = Readonly<Record<string, unknown>>;

/** Seconds until a request is given up. */
const PATIENCE = 10;

/** What the server refuses, by its `error_code`. */
export class MlflowError extends Error {
  override readonly name = 'MlflowError';

  constructor(
    message: string,
    /** As in MLflow's REST interface: `RESOURCE_DOES_NOT_EXIST`, ...; undefined where the server gave none. */
    readonly code?: string,
  ) {
    super(message);
  }
}

/** Requests of MLflow's REST interface, version 2.0. */
export class MlflowClient {
  private readonly headers: Record<string, string>;

  /** @param address `http://HOST:PORT`, with the path before `/api` where there is one. */
  constructor(
    private readonly address: string,
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.headers = { 'content-type': 'application/json', ...authorization(environment) };
  }

  get(method: string, query: Readonly<Record<string, string>>): Promise<Answer> {
    return this.request(`${method}?${new URLSearchParams(query).toString()}`, {});
  }

  post(method: string, body: object): Promise<Answer> {
    return this.request(method, { method: 'POST', body: JSON.stringify(body) });
  }

  private async request(method: string, init: RequestInit): Promise<Answer> {
    const { headers } = this;
    const signal = AbortSignal.timeout(1000 * PATIENCE);
    const url = `${this.address}/api/2.0/mlflow/${method}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, { ...init, headers, signal, redirect: 'error' }); // a redirected password is another's
      text = await response.text();
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      throw new MlflowError(`${this.address} cannot be reached: ${cause?.message || message}`);
    }
    const answer = parsed(text);
    if (response.ok && answer !== undefined) return answer;
    const { error_code: code, message } = (answer ?? {}) as { error_code?: string; message?: string };
    const reason = message ?? (response.ok ? 'no JSON' : response.statusText);
    throw new MlflowError(`${this.address} answers ${response.status} to ${method.replace(/\?.*/, '')}: ${reason}`, code); // prettier-ignore
  }
}

function parsed(text: string): Answer | undefined {
  try {
    const value = JSON.parse(text === '' ? '{}' : text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}

/** The variables that MLflow's own clients read. */
function authorization(environment: NodeJS.ProcessEnv): Record<string, string> {
  const user = environment['MLFLOW_TRACKING_USERNAME'];
  const password = environment['MLFLOW_TRACKING_PASSWORD'];
  const token = environment['MLFLOW_TRACKING_TOKEN'];
  if (user !== undefined && password !== undefined) {
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
