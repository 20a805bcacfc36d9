/** What a built-in program is given, and what it is once it runs. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { listenAt } from '../places.ts';
import type { RunningProgram } from '../types.ts';

/** Where a program runs. */
export interface Surroundings {
  readonly pod: string;
  /** The pod's own address. */
  readonly address: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Resolves while the node is not frozen. */
  readonly moving: () => Promise<void>;
  /** Asks a service by the name that the program knows it by, through the pod's sidecar where there is one. */
  readonly ask: (question: Question) => Promise<Answer>;
}

/** A call of one service to another. */
export interface Question {
  /** `name:port` as in a URL. */
  readonly authority: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back. Status 0: nothing did. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A program that an image holds. */
export type Program = (surroundings: Surroundings) => Promise<RunningProgram>;

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A plain HTTP server at the pod's address; a frozen one takes connections and says nothing. */
export async function serveHttp(
  { address, moving }: Surroundings,
  port: number,
  handler: Handler,
): Promise<RunningProgram> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void moving()
      .then(() => handler(request, response))
      .catch(() => response.destroy());
  });
  return listenAt(server, { host: address, port });
}
