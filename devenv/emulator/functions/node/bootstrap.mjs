// A runtime loop for Node on Lambda's Runtime API: AWS's own (aws-lambda-ric) needs a compiler.
//
// It loads _HANDLER from LAMBDA_TASK_ROOT (CommonJS or an ES module, by Node's own rules), asks for
// events and answers them: a handler's promise, or its callback. Log lines, error objects and exit
// codes are those of Lambda's Node runtimes.
// Sources: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html (-logging, -exceptions)
// and https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const API = process.env.AWS_LAMBDA_RUNTIME_API;
const ROOT = process.env.LAMBDA_TASK_ROOT;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const UNCAUGHT = 129;
const UNHANDLED_REJECTION = 128;

let requestId; // Of the invocation in progress.
let onEmptyLoop; // What is done when nothing is left to run.

class RuntimeError extends Error {
  constructor(name, message, cause) {
    super(message);
    this.name = name;
    if (cause?.stack) this.stack = cause.stack;
  }
}

// Log lines: time, request, level, message. Lines of one message are parted by carriage returns.
for (const [method, level] of Object.entries({
  log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", debug: "DEBUG", trace: "TRACE",
})) {
  console[method] = (...parts) => writeLine(level, format(...parts));
}

function writeLine(level, message) {
  const lines = `${new Date().toISOString()}\t${requestId}\t${level}\t${message}`;
  process.stdout.write(lines.replace(/\r?\n/g, "\r") + "\n");
}

function logError(what, error) {
  const { errorType, errorMessage, trace } = asObject(error);
  const own = error instanceof Error ? Object.fromEntries(Object.entries(error)) : {};
  writeLine("ERROR", `${what} \t${JSON.stringify({ errorType, errorMessage, ...own, stack: trace })}`);
}

function asObject(error) {
  if (error instanceof Error || typeof error?.message === "string") {
    return {
      errorType: error.name ?? "Error",
      errorMessage: error.message,
      trace: String(error.stack ?? "").split("\n"),
    };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

// A request to the Runtime API; its answer's headers and body.
function call(method, resource, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const [host, port] = API.split(":");
    const where = { host, port, method, agent, path: `/2018-06-01/runtime/${resource}` };
    const request = http.request({ ...where, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(parts).toString(),
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

function post(resource, text, headers = {}) {
  const length = { "Content-Length": Buffer.byteLength(text), "Content-Type": "application/json" };
  return call("POST", resource, text, { ...length, ...headers });
}

function postError(resource, error) {
  const object = asObject(error);
  return post(resource, JSON.stringify(object), {
    "Lambda-Runtime-Function-Error-Type": object.errorType,
  });
}

// The handler.

async function load(handler) {
  const found = /^(?<file>(?:.*\/)?[^./]*)\.(?<names>.+)$/.exec(handler ?? "");
  if (!found) throw new RuntimeError("Runtime.MalformedHandlerName", "Bad handler");
  const { file, names } = found.groups;
  const module = await loadModule(path.resolve(ROOT, file), file);
  const pick = (from) => names.split(".").reduce((value, name) => value?.[name], from);
  const chosen = pick(module) ?? pick(module?.default);
  if (chosen === undefined) {
    throw new RuntimeError(
      "Runtime.HandlerNotFound", `${handler} is undefined or not exported`);
  }
  if (typeof chosen !== "function") {
    throw new RuntimeError("Runtime.HandlerNotFound", `${handler} is not a function`);
  }
  return chosen;
}

async function loadModule(base, name) {
  const file = [base, `${base}.js`, `${base}.mjs`, `${base}.cjs`].find((each) => isFile(each));
  try {
    if (file && (file.endsWith(".mjs") || (!file.endsWith(".cjs") && isEsPackage(file)))) {
      return await import(pathToFileURL(file).href);
    }
    const require = createRequire(pathToFileURL(path.join(ROOT, "index.js")));
    return require(file ?? base); // A folder with an index.js, or a package of the task's.
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RuntimeError("Runtime.UserCodeSyntaxError", String(error), error);
    }
    if (["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error?.code)) {
      const hint = /['"](?:@aws-sdk|@smithy)\//.test(error.message)
        ? "\nHint: Lambda's image has the AWS SDK; here the function brings it. Run `npm install` " +
          "for it before you zip, or give the function a layer with it."
        : "";
      const message = `Error: ${error.message.replace(base, name)}${hint}`;
      throw new RuntimeError("Runtime.ImportModuleError", message, error);
    }
    throw error;
  }
}

function isFile(file) {
  try {
    readFileSync(file, { flag: "r" });
    return true;
  } catch {
    return false;
  }
}

// Whether the nearest package.json says that .js files are ES modules.
function isEsPackage(file) {
  for (let folder = path.dirname(file); folder.startsWith(ROOT); folder = path.dirname(folder)) {
    const description = path.join(folder, "package.json");
    if (existsSync(description)) {
      return JSON.parse(readFileSync(description, "utf8")).type === "module";
    }
  }
  return false;
}

// Invocations, one after the other.

function contextOf(headers, answer) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
    succeed: (result) => answer(null, result),
    fail: (error) => answer(error ?? "handled"),
    done: (error, result) => answer(error, result),
  };
}

async function invokeNext(handler) {
  onEmptyLoop = undefined;
  const { headers, body } = await call("GET", "invocation/next");
  requestId = headers["lambda-runtime-aws-request-id"];
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  const place = `invocation/${requestId}`;
  let answered = false;

  // Post the answer, then go on. Only the first one counts.
  function reply(error, result) {
    if (answered) return;
    answered = true;
    onEmptyLoop = undefined;
    let text;
    try {
      text = error ? undefined : JSON.stringify(result === undefined ? null : result) ?? "null";
    } catch (unwritable) {
      error = new RuntimeError(
        "Runtime.MarshalError", `Unable to stringify response body: ${unwritable}`, unwritable);
    }
    if (error) logError("Invoke Error", error);
    const posted = error ? postError(`${place}/error`, error) : post(`${place}/response`, text);
    posted.then(() => setImmediate(invokeNext, handler), () => process.exit(1));
  }

  // By a callback: at once, or once nothing is left to run.
  function callback(error, result) {
    if (error || !context.callbackWaitsForEmptyEventLoop) reply(error, result);
    else onEmptyLoop = () => reply(null, result);
  }

  const context = contextOf(headers, callback);
  onEmptyLoop = () => reply(null, null);
  try {
    const result = handler(JSON.parse(body), context, callback);
    if (typeof result?.then === "function") {
      onEmptyLoop = () => unsettled(place);
      result.then((value) => reply(null, value), (error) => reply(error ?? new Error("undefined")));
    }
  } catch (error) {
    reply(error);
  }
}

// Nothing is left to run, and the promise will never be settled.
function unsettled(place) {
  onEmptyLoop = undefined;
  const error = new RuntimeError(
    "Runtime.NodeJsExit",
    "The Lambda runtime client detected an unexpected Node.js exit code. " +
      "This is most commonly caused by a Promise that was never settled.",
  );
  error.stack = "";
  logError("Invoke Error", error);
  postError(`${place}/error`, error).then(() => process.exit(0));
}

function end(what, error, code) {
  logError(what, error);
  const resource = requestId === undefined ? "init/error" : `invocation/${requestId}/error`;
  postError(resource, error).finally(() => process.exit(code));
}

process.on("beforeExit", () => onEmptyLoop?.());
process.on("uncaughtException", (error) => end("Uncaught Exception", error, UNCAUGHT));
process.on("unhandledRejection", (reason) => {
  const error = new RuntimeError(
    "Runtime.UnhandledPromiseRejection", String(reason), reason instanceof Error ? reason : null);
  end("Unhandled Promise Rejection", Object.assign(error, { reason: String(reason) }),
    UNHANDLED_REJECTION);
});

globalThis.awslambda = {
  streamifyResponse() {
    throw new Error("This emulator has no response streaming: return the whole response.");
  },
};

try {
  const handler = await load(process.env._HANDLER);
  invokeNext(handler);
} catch (error) {
  end("Uncaught Exception", error, UNCAUGHT);
}
