import type { GateRecord } from '../report/types.ts';
import { curlOnce } from '../traffic/loop.ts';
import {
  askOnce,
  hidesWhatIsBehind,
  OUTSIDE_UNCERTAINTY_MS,
  runOutside,
  type OnceAnswer,
  type OnceRequest,
} from '../traffic/outside.ts';
import type { RunningLoop } from '../traffic/run-loop.ts';
import type { AnsweredBy, LoopEnd } from '../traffic/types.ts';
import { sleep } from '../wait/wait.ts';
import { Calls } from './calls.ts';
import { ARRIVAL_MS, BETWEEN_TRIES_MS, ruledOut, triesOf } from './never.ts';
import type { Scene } from './scene.ts';
import type { LoopOrder, PaceOrder, Source } from './source.ts';
import type { Finding } from './stage.ts';

/** What visitors ask for, and how an answer names who was behind it. */
export interface Page {
  /** Path and query. */
  readonly path: string;
  readonly answeredBy: AnsweredBy;
  /** Statuses that are an answer. @default [200] */
  readonly statuses?: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
  /** `fresh`: each call its own connection, as of a visitor who comes for the first time. @default 'fresh' */
  readonly connections?: 'kept' | 'fresh';
}

/** By what it is seen that answers from behind a gateway can be told from its own. */
export interface Control {
  /** Path of a page that is served. */
  readonly served: string;
}

/** How visitors of an application sign in and out. */
export interface Session {
  /** The page that they see, on which the form and the link are. */
  readonly page: string;
  /** Path that the form is sent to. */
  readonly signIn: string;
  /** Path of the link. */
  readonly signOut: string;
  /** What they type in; the page shows it while they are signed in. */
  readonly user: string;
}

/** How visitors come in: the address of an ingress gateway, called from where the harness runs. */
export class Visitors<Check extends string = string> {
  /** `http://ADDRESS`. */
  readonly origin: string;
  readonly #scene: Scene;
  /** Something got in that must not. */
  #seenOpen = false;

  constructor(scene: Scene, origin: string) {
    this.#scene = scene;
    this.origin = origin;
  }

  /** Visits to a page. `behind` are the calls that serving it takes: their ways are waited for before a measurement. */
  visit(page: Page, ...behind: readonly Calls<Check>[]): Calls<Check> {
    return new Calls<Check>(this.#scene, new OutsideSource(this.origin, page, behind));
  }

  /** Each of these paths answers 200. */
  async sees(...paths: readonly string[]): Promise<Finding> {
    return this.#each(paths, ({ status }) => ({ holds: status === 200, expected: 'HTTP 200' }));
  }

  /** The page's form sends its visitor back to the page, which then says who is signed in. */
  async signsIn(session: Session): Promise<Finding> {
    const answer = await this.#sendForm(session);
    return this.#leadsBack(session, answer, {
      by: `POST ${session.signIn}`,
      cookies: answer.cookies,
      known: true,
    });
  }

  /** Whoever is signed in and follows the link is sent back to the page, which then says nothing of them. */
  async signsOut(session: Session): Promise<Finding> {
    const { page, user, signIn, signOut } = session;
    const { cookies } = await this.#sendForm(session);
    const before = await this.ask(page, { cookies });
    if (!before.body.includes(user)) return { holds: false, seen: `nobody could sign in at ${signIn}` };
    const answer = await this.ask(signOut, { cookies, from: `${this.origin}${page}` });
    const left = leftOf(cookies, answer.cookies);
    return this.#leadsBack(session, answer, { by: `GET ${signOut}`, cookies: left, known: false });
  }

  /** An answer leads back to the page, and with these cookies the page knows the user, or does not. */
  async #leadsBack(
    { page, user }: Session,
    { status, sendsTo }: OnceAnswer,
    {
      by,
      cookies,
      known,
    }: { readonly by: string; readonly cookies: OnceAnswer['cookies']; readonly known: boolean },
  ): Promise<Finding> {
    const after = await this.ask(page, { cookies });
    const isKnown = after.body.includes(user);
    const named = (is: boolean): string => (is ? 'with' : 'without');
    const told =
      `${by}: HTTP ${String(status)}, to ${sendsTo ?? 'nowhere'}; ` +
      `${page} then answers HTTP ${String(after.status)} ${named(isKnown)} the name ${user}`;
    const holds = status === 302 && sendsTo === page && isKnown === known;
    return {
      holds,
      seen: holds ? told : `${told}; expected HTTP 302 to ${page}, and that ${named(known)} the name`,
    };
  }

  async #sendForm({ page, signIn, user }: Session): Promise<OnceAnswer> {
    return this.ask(signIn, { form: { username: user, passwd: 'x' }, from: `${this.origin}${page}` });
  }

  /** Each of these paths is answered by what is behind the gateway, whatever it says. @throws as `#tellsApart` does */
  async arrives({ served }: Control, ...paths: readonly string[]): Promise<Finding> {
    await this.#tellsApart(served);
    return this.#each(paths, ({ fromBehind }) => ({
      holds: fromBehind,
      expected: 'an answer from behind the gateway',
    }));
  }

  /**
   * Each of these paths is refused by the gateway itself with 404. Once they are, many more calls are made to them in turn,
   * and one that gets in is final: see never.ts.
   * @throws as `#tellsApart` does
   */
  async isRefused({ served }: Control, ...paths: readonly string[]): Promise<Finding> {
    await this.#tellsApart(served);
    const first = await this.#each(paths, (answer) => ({
      holds: isRefusal(answer),
      expected: "the gateway's own 404",
    }));
    if (!first.holds) {
      this.#seenOpen = true;
      return first;
    }
    // Something got in a moment ago: what refuses it may need a moment to arrive at every replica.
    if (this.#seenOpen) await sleep(ARRIVAL_MS, this.#scene.signal);
    return this.#neverLetsIn(paths);
  }

  /** @throws Error if a page that is served does not say that it comes from behind the gateway: then no answer does */
  async #tellsApart(served: string): Promise<void> {
    const { status, fromBehind } = await this.ask(served);
    if (status !== 200 || fromBehind) return;
    throw new Error(hidesWhatIsBehind(`${this.origin}${served}`));
  }

  async #neverLetsIn(paths: readonly string[]): Promise<Finding> {
    const tries = triesOf(this.#scene);
    const asked: Promise<{ path: string; answer: OnceAnswer }>[] = [];
    for (let index = 0; index < tries; index += 1) {
      const path = paths[index % paths.length] ?? '/';
      const answer = this.ask(path).then((found) => ({ path, answer: found }));
      // Looked at below, with all the others.
      answer.catch(() => undefined);
      asked.push(answer);
      await sleep(BETWEEN_TRIES_MS, this.#scene.signal);
    }
    const settled = await Promise.allSettled(asked);
    const answered = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = settled.find((one) => one.status === 'rejected');
    const wrong = answered.filter(({ answer }) => !isRefusal(answer));
    // An error of the gateway's own lets nobody in: it may pass.
    const entered = wrong.filter(({ answer }) => answer.fromBehind || answer.status < 500);
    if (failed !== undefined && entered.length === 0) throw failed.reason;
    const [example] = entered.length > 0 ? entered : wrong;
    return {
      holds: wrong.length === 0,
      ...(entered.length === 0 ? {} : { final: true }),
      seen:
        example === undefined
          ? `each of ${String(tries)} calls to ${paths.join(', ')} was refused by the gateway itself with 404 (${ruledOut(this.#scene)})`
          : `of ${String(tries)} calls ${String(wrong.length)} were not refused by the gateway's own 404; the first: ${toldOf(example.path, example.answer)}`,
      figures: { paths: paths.length, calls: tries, wrong: wrong.length, letIn: entered.length },
    };
  }

  async #each(
    paths: readonly string[],
    judge: (answer: OnceAnswer) => { readonly holds: boolean; readonly expected: string },
  ): Promise<Finding> {
    const seen = await Promise.all(
      paths.map(async (path) => {
        const answer = await this.ask(path);
        return { ...judge(answer), told: toldOf(path, answer) };
      }),
    );
    const wrong = seen.filter(({ holds }) => !holds);
    const expected = wrong[0] === undefined ? '' : `; expected ${wrong[0].expected}`;
    return {
      holds: wrong.length === 0,
      seen: `${(wrong.length === 0 ? seen : wrong).map(({ told }) => told).join('; ')}${expected}`,
      figures: { paths: paths.length, wrong: wrong.length },
    };
  }

  /** One request, not judged. */
  async ask(path: string, how: OnceRequest = {}): Promise<OnceAnswer> {
    return askOnce(`${this.origin}${path}`, how);
  }

  /** Signs in through a page's own form, and gives the cookies that it sets. @throws Error if it sets none */
  async signIn(path: string, form: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const { status, cookies } = await this.ask(path, { form });
    if (Object.keys(cookies).length === 0)
      throw new Error(`POST ${this.origin}${path} answered HTTP ${String(status)} and set no cookie`);
    return cookies;
  }

  /** Signs out as a browser does, and gives the cookies that are left: one that is set to nothing is deleted. */
  async signOut(path: string, cookies: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const answer = await this.ask(path, { cookies });
    return leftOf(cookies, answer.cookies);
  }
}

const leftOf = (
  cookies: Readonly<Record<string, string>>,
  set: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...cookies, ...set }).filter(([, value]) => value !== ''));

const isRefusal = ({ status, fromBehind }: OnceAnswer): boolean => status === 404 && !fromBehind;

const toldOf = (path: string, { status, fromBehind }: OnceAnswer): string =>
  `${path}: HTTP ${String(status)} from ${fromBehind ? 'behind the gateway' : 'the gateway itself'}`;

class OutsideSource implements Source {
  readonly name = 'outside';
  readonly #url: string;
  readonly #page: Page;
  readonly #behind: readonly Calls[];

  constructor(origin: string, page: Page, behind: readonly Calls[]) {
    this.#url = `${origin}${page.path}`;
    this.#page = page;
    this.#behind = behind;
  }

  where(): Promise<{ where: string; again: string }> {
    // What a cookie holds lets in whoever has it.
    const names = Object.keys(this.#page.cookies ?? {});
    const cookies = Object.fromEntries(names.map((name) => [name, '…']));
    const again = curlOnce({ ...this.#call(), cookies });
    return Promise.resolve({ where: `from outside to ${this.#url}`, again });
  }

  /** All ways behind the page are open; the first that is not is told. */
  async gate(): Promise<GateRecord | undefined> {
    const found: GateRecord[] = [];
    for (const calls of this.#behind) {
      const gate = await calls.gate();
      if (gate !== undefined) found.push(gate);
    }
    return found.find(({ reached }) => !reached) ?? found[0];
  }

  retries(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async loop({ requests, onAnswer, signal }: LoopOrder): Promise<LoopEnd> {
    return runOutside({ call: this.#call(), requests, onAnswer, signal });
  }

  pace({ perSecond, timeoutMs, onAnswer, signal }: PaceOrder): Promise<RunningLoop> {
    const stop = new AbortController();
    const done = runOutside({
      call: { ...this.#call(), timeoutMs },
      requests: Number.MAX_SAFE_INTEGER,
      perSecond,
      onAnswer,
      signal: AbortSignal.any([signal, stop.signal]),
    });
    return Promise.resolve({
      done,
      uncertaintyMs: OUTSIDE_UNCERTAINTY_MS,
      stop: async () => {
        stop.abort();
        return done;
      },
    });
  }

  #call(): Parameters<typeof runOutside>[0]['call'] {
    const { path: _path, ...page } = this.#page;
    return { ...page, url: this.#url };
  }
}
