-- A store waits five seconds for the answer to a webhook.
SET statement_timeout = '4s'
