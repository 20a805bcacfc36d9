/** Istio's Bookinfo: four services whose page says who served its reviews, and shows stars in the version's colour. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, type Program, type Surroundings, serveHttp } from './program.ts';

const PORT = 9080;
const SESSION = 'session';
const BOOK = { id: 0, title: 'The Comedy of Errors' };
const REVIEWS = [
  { reviewer: 'Reviewer1', text: 'An extremely entertaining play.' },
  { reviewer: 'Reviewer2', text: 'Absolutely fun and entertaining.' },
] as const;
/** What a service hands on of a request to those that it asks in turn. */
const PASSED_ON = ['x-request-id', 'traceparent', 'tracestate', 'user-agent', 'end-user'];

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const notFound = (response: ServerResponse): void => json(response, 404, { error: 'not found' });

/** Asks another service of Bookinfo on behalf of a request. */
const askService = ({ ask }: Surroundings, request: IncomingMessage, service: string): Promise<Answer> =>
  ask({ authority: `${service}:${String(PORT)}`, path: `/${service}/0`, headers: passedOn(request) });

const pathOf = ({ url = '/' }: IncomingMessage): string => new URL(url, 'http://bookinfo').pathname;

function passedOn({ headers }: IncomingMessage): Record<string, string> {
  const user = userOf(headers.cookie);
  const kept = PASSED_ON.flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    ...(user === undefined ? {} : { 'end-user': user }),
  };
}

/** A service that answers `/name/0`, and says of itself that it is healthy. */
const service =
  (name: string, answer: (surroundings: Surroundings, request: IncomingMessage) => unknown): Program =>
  (surroundings) =>
    serveHttp(surroundings, PORT, async (request, response) => {
      const path = pathOf(request);
      if (path === '/health') json(response, 200, { status: `${name} is healthy` });
      else if (!new RegExp(String.raw`^/${name.toLowerCase()}/\d+$`).test(path)) notFound(response);
      else json(response, 200, await answer(surroundings, request));
    });

/** The service with the book's data. */
export const details = service('Details', () => ({
  id: BOOK.id,
  author: 'William Shakespeare',
  year: 1595,
  type: 'paperback',
  pages: 200,
}));

/** The service with the stars. */
export const ratings = service('Ratings', () => ({ id: BOOK.id, ratings: { Reviewer1: 5, Reviewer2: 4 } }));

/** One version of reviews; with a colour it asks ratings for stars. */
export const reviews = (color: 'black' | 'red' | undefined): Program =>
  service('Reviews', (surroundings, request) => reviewsOf(surroundings, request, color));

async function reviewsOf(
  surroundings: Surroundings,
  request: IncomingMessage,
  color: string | undefined,
): Promise<unknown> {
  const base = { id: String(BOOK.id), podname: surroundings.pod, clustername: 'null' };
  if (color === undefined) return { ...base, reviews: REVIEWS };
  const answer = await askService(surroundings, request, 'ratings');
  const stars = (readJson(answer) as { ratings?: Record<string, number> } | undefined)?.ratings;
  const rated = REVIEWS.map((review) => ({
    ...review,
    rating:
      stars === undefined
        ? { error: 'Ratings service is currently unavailable' }
        : { stars: stars[review.reviewer] ?? -1, color },
  }));
  return { ...base, reviews: rated };
}

function readJson({ status, body }: Answer): unknown {
  if (status !== 200) return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** The page, its form for signing in, and its interface for programs. */
export const productpage: Program = (surroundings) =>
  serveHttp(surroundings, PORT, async (request, response) => {
    const path = pathOf(request);
    const [, service] = /^\/api\/v1\/products\/\d+\/(reviews|ratings)$/.exec(path) ?? [];
    if (path === '/login' || path === '/logout') await signIn(request, response);
    else if (path === '/health') response.end('Product page is healthy');
    else if (path === '/productpage') await page(surroundings, request, response);
    else if (path === '/' || path === '/index.html') html(response, '<a href="/productpage">Normal user</a>');
    else if (path === '/api/v1/products') json(response, 200, [BOOK]);
    else if (service !== undefined) await pass(surroundings, request, { response, service });
    else if (/^\/api\/v1\/products\/\d+$/.test(path))
      await pass(surroundings, request, { response, service: 'details' });
    else notFound(response);
  });

async function pass(
  surroundings: Surroundings,
  request: IncomingMessage,
  { response, service }: { readonly response: ServerResponse; readonly service: string },
): Promise<void> {
  const answer = await askService(surroundings, request, service);
  const data = readJson(answer);
  const error = `Sorry, product ${service} are currently unavailable for this book.`;
  json(response, data === undefined ? answer.status || 500 : 200, data ?? { error });
}

interface Reviewed {
  readonly podname: string;
  readonly reviews: readonly {
    readonly reviewer: string;
    readonly text: string;
    readonly rating?: { readonly stars?: number; readonly color?: string; readonly error?: string };
  }[];
}

async function page(
  surroundings: Surroundings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = (service: string): Promise<Answer> => askService(surroundings, request, service);
  const [book, first] = await Promise.all([asked('details'), asked('reviews')]);
  // The page asks for reviews once more when the first attempt failed.
  const reviewed = (readJson(first) ?? readJson(await asked('reviews'))) as Reviewed | undefined;
  const user = userOf(request.headers.cookie);
  const known =
    readJson(book) === undefined ? '<h4>Error fetching product details!</h4>' : '<h4>Book Details</h4>';
  const account =
    user === undefined ? '<a href="/login">Sign in</a>' : `${escape(user)} (<a href="/logout">sign out</a>)`;
  html(response, `<h3>${BOOK.title}</h3>\n<p>${account}</p>\n${known}\n${reviewsHtml(reviewed)}`);
}

function reviewsHtml(reviewed: Reviewed | undefined): string {
  if (reviewed === undefined)
    return '<h4>Error fetching product reviews!</h4>\n<p>Sorry, product reviews are currently unavailable for this book.</p>';
  const quotes = reviewed.reviews.map(({ reviewer, text, rating }) => {
    const { stars = 0, color, error } = rating ?? {};
    const symbols = '<span class="star"></span>'.repeat(stars);
    const shown = color === undefined ? '' : `<font color="${color}">${symbols}</font>`;
    return `<blockquote><p>${text}</p><small>${reviewer}</small>${shown}${error ?? ''}</blockquote>`;
  });
  // The stars stand before the server's name, as on Istio's page.
  return `<h4>Book Reviews</h4>\n${quotes.join('\n')}\n<dl><dt>Reviews served by:</dt><u>${reviewed.podname}</u></dl>`;
}

function html(response: ServerResponse, body: string): void {
  const text = `<!DOCTYPE html>\n<html><head><title>Simple Bookstore App</title></head><body>\n${body}\n</body></html>\n`;
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(text);
}

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${String(sign.charCodeAt(0))};`);

/** The name in the session's cookie. Nobody is asked for a password that is right. */
function userOf(cookie: string | undefined): string | undefined {
  const [, value] = new RegExp(`(?:^|;\\s*)${SESSION}=([\\w-]+)`).exec(cookie ?? '') ?? [];
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64url').toString('utf8');
}

/** POST of the form, or signing out: a cookie, and back to the page. */
async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const user = new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('username') ?? '';
  if (pathOf(request) === '/login' && (request.method !== 'POST' || user === '')) {
    const fields = '<input name="username"><input name="passwd" type="password"><button>Sign in</button>';
    html(response, `<form method="post" action="/login">${fields}</form>`);
    return;
  }
  const value = pathOf(request) === '/logout' ? '; Max-Age=0' : Buffer.from(user).toString('base64url');
  const cookie = `${SESSION}=${value}; HttpOnly; Path=/`;
  response.writeHead(302, { location: '/productpage', 'set-cookie': cookie }).end();
}
