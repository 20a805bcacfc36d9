import { counterIn } from '../mesh/istio/proxy.ts';
import { runLoop } from '../traffic/run-loop.ts';
import type { Answer, ClientPod, LoopEnd } from '../traffic/types.ts';
import { toObservation } from '../traffic/answers.ts';
import type { GateRecord } from '../report/types.ts';
import type { Assessment, Rule } from '../verdict/types.ts';
import { AnswersFile } from './answers-file.ts';
import { passGate } from './gate.ts';
import {
  beginTests,
  interrupt,
  isDecided,
  mostRequests,
  snapshotOf,
  type PairedTests,
} from './paired-tests.ts';
import type { Outcome } from './recorder.ts';
import type { Scene } from './scene.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import type { Target } from './stage.ts';
import { caption, joined, worst } from './words.ts';
import { poll, WaitTimeout } from '../wait/wait.ts';

/** A stream that broke is taken up once more, with the evidence so far; then our own infrastructure is to blame. */
const STREAMS = 2;
const SETTLE_MS = 30_000;
/** All of two versions are among 20 calls but twice in a million. */
const SETTLED_CALLS = 20;

/** One test among those that a measurement serves. */
interface Running extends PairedTests {
  readonly check: string;
  readonly rule: Rule;
}

/** Who calls what. */
interface Way<Check extends string> {
  readonly cluster: ScenarioCluster<Check>;
  readonly app: string;
  readonly target: Target;
}

/** Calls from one application to one URL. */
export class Calls<Check extends string = string> {
  readonly cluster: ScenarioCluster<Check>;
  readonly app: string;
  readonly target: Target;
  readonly #scene: Scene;
  readonly #gated: boolean;

  constructor(scene: Scene, way: Way<Check>, gated = true) {
    this.#scene = scene;
    this.#gated = gated;
    this.cluster = way.cluster;
    this.app = way.app;
    this.target = way.target;
  }

  /** The pod that calls; found anew each time, because scenarios restart pods. */
  async caller(): Promise<ClientPod> {
    const pod = await this.cluster.readyPod(this.app);
    return {
      namespace: this.#scene.namespace,
      pod,
      container: this.app,
      client: `${this.cluster.name}/${pod}`,
    };
  }

  /** Where calls come from and go to, for a report. */
  async where(): Promise<{ where: string; again: string }> {
    const { namespace, pod } = await this.caller();
    const { url } = this.target;
    return {
      where: `from ${this.cluster.name} ${namespace}/${pod} to ${url}`,
      again: `kubectl --kubeconfig ${this.cluster.kubeconfig} -n ${namespace} exec deploy/${this.app} -c ${this.app} -- curl -sS -m 5 ${url}`,
    };
  }

  /** Waits until the caller's proxy knows what it has to; see `passGate`. */
  async gate(): Promise<GateRecord | undefined> {
    const scene = this.#scene;
    const url = new URL(this.target.url);
    if (!scene.context.mesh.features.includes('proxy-admin')) return undefined;
    const { namespace, pod } = await this.caller();
    const [name = '', inNamespace = namespace] = url.hostname.split('.');
    return passGate({
      caller: this.cluster.member,
      proxy: { namespace, pod },
      members: scene.members,
      mesh: scene.context.mesh,
      service: { name, namespace: inNamespace, port: Number(url.port === '' ? 80 : url.port) },
      signal: scene.signal,
    });
  }

  /**
   * Waits until some calls in a row are all answered by these versions, and each of them answers: a change of
   * configuration has arrived. Judges nothing; at its deadline the measurement is taken all the same.
   */
  async settles(...versions: readonly string[]): Promise<void> {
    const scene = this.#scene;
    const what = `answers from ${versions.join(' and ')} alone`;
    await poll(
      { what, timeoutMs: SETTLE_MS, intervalMs: 500, attemptTimeoutMs: SETTLE_MS, signal: scene.signal },
      async (saw) => {
        const labels: string[] = [];
        await runLoop({
          exec: this.cluster.exec,
          pod: await this.caller(),
          loop: { ...this.target, mode: 'fast', requests: SETTLED_CALLS },
          onAnswer: ({ label }) => labels.push(label),
          signal: scene.signal,
        });
        saw(labels.join(' '));
        const settled =
          versions.every((version) => labels.includes(version)) &&
          labels.every((label) => versions.includes(label));
        return settled ? true : undefined;
      },
    ).catch((error: unknown) => {
      if (!(error instanceof WaitTimeout)) throw error;
      scene.recorder.say(error.message);
    });
  }

  /** The same calls without a gate before: for when clusters that it would ask are out of reach. */
  withoutGate(): Calls<Check> {
    return new Calls<Check>(this.#scene, this, false);
  }

  /**
   * Takes one sample, round by round, until each check is decided or its budget is spent. It is not repeated: not for a
   * better answer, and not for a later one.
   */
  async measure(...checks: readonly Check[]): Promise<void> {
    const scene = this.#scene;
    const startedAt = Date.now();
    const gate = this.#gated ? await this.gate() : undefined;
    const running = checks
      .filter((check) => !scene.recorder.isSettled(check))
      .map((check) => this.#begin(check));
    if (running.length === 0) return;
    const file = new AnswersFile(
      scene.context.outDirectory,
      `${scene.path}/${checks.map((check) => check.replaceAll('/', '-')).join('+')}`,
    );
    const retriesBefore = await this.#retries();
    const end = await this.#sample(running, file);
    file.close();
    const retriesAfter = await this.#retries();
    const retries =
      retriesBefore === undefined || retriesAfter === undefined
        ? {}
        : { retries: retriesAfter - retriesBefore };
    const place = await this.where();
    for (const { check, rule, ...tests } of running) {
      const [answers, errors] = [tests.test.assess(), tests.errors.assess()];
      const outcome = judge({ rule, answers, errors, end, gate });
      const snapshot = snapshotOf(tests);
      const found = gate === undefined ? outcome : { ...outcome, gate };
      await scene.recorder.record(check, {
        ...found,
        ...place,
        ...retries,
        snapshot,
        answersFile: file.path,
        startedAt,
      });
    }
  }

  /**
   * How often the caller's proxy has tried a call again. Retries hide errors from the caller, so errors seen are a lower
   * bound; Istio shows callers no attempt count of its own accord. Undefined where the proxy cannot be asked.
   */
  async #retries(): Promise<number | undefined> {
    if (!this.#scene.context.mesh.features.includes('proxy-admin')) return undefined;
    const { namespace, pod } = await this.caller();
    const [name = ''] = new URL(this.target.url).hostname.split('.');
    const counter = { name: `${name}.${namespace}`, suffix: 'upstream_rq_retry' };
    return counterIn(this.cluster.member.client, { namespace, pod }, counter).catch(() => undefined);
  }

  #begin(check: string): Running {
    const scene = this.#scene;
    const { subject, sentence } = scene.recorder.declaration(check);
    if (subject.kind !== 'answers') throw new Error(`the check ${check} is not about the answers of a loop`);
    scene.recorder.say(sentence, { check: scene.recorder.idOf(check) });
    const { rule } = subject;
    return { check, rule, ...beginTests(scene, check, rule) };
  }

  async #sample(running: readonly Running[], file: AnswersFile): Promise<LoopEnd | undefined> {
    let left = Math.max(...running.map(mostRequests));
    let end: LoopEnd | undefined;
    for (let stream = 0; stream < STREAMS && left > 0 && !running.every(isDecided); stream += 1) {
      if (stream > 0) running.forEach(interrupt);
      end = await this.#loop(left, running, file);
      left -= end.received + end.missing;
      if (end.complete) break;
    }
    return end;
  }

  async #loop(requests: number, running: readonly Running[], file: AnswersFile): Promise<LoopEnd> {
    const scene = this.#scene;
    let seen = 0;
    const onAnswer = (answer: Answer, stop: () => void): void => {
      file.write(answer);
      const observation = toObservation(answer);
      for (const { test, errors } of running) {
        test.observe(observation);
        errors.observe(observation);
      }
      seen += 1;
      if (seen % 25 === 0 && running.every(isDecided)) stop();
      if (seen % 200 === 0)
        scene.recorder.say(caption(running.map(({ check }) => check)), { requests: seen });
    };
    return runLoop({
      exec: this.cluster.exec,
      pod: await this.caller(),
      loop: { ...this.target, mode: 'fast', requests },
      onAnswer,
      signal: scene.signal,
    });
  }
}

/** The verdict on answers and their errors together: both have to be conformant. */
export function judge(seen: {
  readonly rule: Rule;
  readonly answers: Assessment;
  readonly errors: Assessment;
  readonly end: LoopEnd | undefined;
  readonly gate: GateRecord | undefined;
}): Omit<Outcome, 'startedAt'> {
  const { rule, answers, errors, end, gate } = seen;
  const verdict = worst(answers.verdict, errors.verdict);
  const broken =
    end !== undefined && !end.complete && verdict !== 'non-conformant' && verdict !== 'conformant';
  const decisive = verdict === answers.verdict ? answers : errors;
  const unready =
    gate !== undefined && !gate.reached && verdict !== 'conformant' ? `before that: ${gate.sawLast}` : '';
  return {
    verdict,
    reason: broken ? 'stream-lost' : decisive.reason,
    message: joined(
      answers.message,
      errors.verdict === 'conformant' ? '' : errors.message,
      broken ? `the stream of answers broke: ${end.transport ?? 'no trailer'}` : '',
      unready,
    ),
    rule,
    assessment: answers,
    errors: { count: errors.counts['error'] ?? 0, requests: errors.requests, verdict: errors.verdict },
  };
}
