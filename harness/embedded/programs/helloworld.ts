/** Istio's HelloWorld: says its version and pod at /hello. */
import { type Program, serveHttp } from './program.ts';

const PORT = 5000;

/** One version of HelloWorld; it says another where its environment has SERVICE_VERSION, as Istio's does. */
export const helloworld =
  (version: string): Program =>
  (surroundings) =>
    serveHttp(surroundings, PORT, ({ url = '/' }, response) => {
      const { SERVICE_VERSION: says = version } = surroundings.environment;
      const { pathname } = new URL(url, 'http://helloworld');
      response.setHeader('content-type', 'text/html; charset=utf-8');
      if (pathname === '/hello') response.end(`Hello version: ${says}, instance: ${surroundings.pod}\n`);
      else if (pathname === '/health') response.end('Helloworld is healthy');
      else response.writeHead(404).end('Not Found\n');
    });
