"""Transactions that are tried again: serialization failures, and a server that restarts. No money is lost, none made.

    python examples/postgres_transactions.py "host=localhost user=postgres dbname=postgres"

Two rules make a transaction safe to retry. What is tried again is the whole transaction, from a new connection on: it
stands in the block. And each transfer has a key of its own that is written with it: if the connection breaks during the
commit, nobody knows whether it has happened, and the next attempt must find out.
"""

from __future__ import annotations

import logging
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg

from anew import retry

ACCOUNTS, TRANSFERS, WORKERS = 4, 200, 4
BALANCE = 1000

# `OperationalError` is what has to do with the server and not with the statement: serialization failures, deadlocks, a
# server that is shut down or not there yet. `times=None`: only the time is limited.
transaction = retry(times=None, timeout=60, delay=0.02, max_delay=1, on=psycopg.OperationalError, name="transfer")


def transfer(url: str, key: UUID, source: int, target: int, amount: int) -> None:
    """Move money once, however often it takes."""
    for attempt in transaction:
        with attempt, psycopg.connect(url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
            done = connection.execute("SELECT 1 FROM transfers WHERE key = %s", [key]).fetchone()
            if done is not None:  # by an attempt whose commit was not heard of
                return
            (left,) = connection.execute("SELECT balance FROM accounts WHERE id = %s", [source]).fetchone() or (0,)
            amount = min(amount, left)
            connection.execute("UPDATE accounts SET balance = balance - %s WHERE id = %s", [amount, source])
            connection.execute("UPDATE accounts SET balance = balance + %s WHERE id = %s", [amount, target])
            connection.execute("INSERT INTO transfers VALUES (%s, %s, %s, %s)", [key, source, target, amount])


def prepare(url: str) -> None:
    """Make the tables."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS accounts, transfers")
        connection.execute("CREATE TABLE accounts (id int PRIMARY KEY, balance int CHECK (balance >= 0))")
        connection.execute("CREATE TABLE transfers (key uuid PRIMARY KEY, source int, target int, amount int)")
        for number in range(ACCOUNTS):
            connection.execute("INSERT INTO accounts VALUES (%s, %s)", [number, BALANCE])


def check(url: str) -> None:
    """Show that each transfer was made once, and that the sum is what it was."""
    with psycopg.connect(url) as connection:
        balances = dict(connection.execute("SELECT id, balance FROM accounts").fetchall())
        moves = connection.execute("SELECT source, target, amount FROM transfers").fetchall()
    expected = dict.fromkeys(range(ACCOUNTS), BALANCE)
    for source, target, amount in moves:
        expected[source] -= amount
        expected[target] += amount
    print(f"transfers: {len(moves)} of {TRANSFERS}")
    print(f"sum: {sum(balances.values())} of {ACCOUNTS * BALANCE}")
    print(f"balances: {'as the transfers say' if balances == expected else 'WRONG'}")


def main(url: str) -> None:
    """Let some threads move money between few accounts, so that they are in each other's way."""
    logging.basicConfig(format="%(message)s")
    prepare(url)

    def work(number: int) -> None:
        source, target = random.sample(range(ACCOUNTS), 2)
        transfer(url, uuid4(), source, target, 10)
        if number % 10 == 0:
            print("transfer", number, flush=True)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(TRANSFERS)))
    check(url)


if __name__ == "__main__":
    main(*sys.argv[1:])
