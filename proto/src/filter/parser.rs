//! From text to a filter. The grammar, `or` binding least:
//!
//! ```text
//! any        = all { "or" all }
//! all        = single { "and" single }
//! single     = "not" single | "(" any ")" | comparison
//! comparison = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" ) value
//! ```

use super::comparison::{Comparison, Fault};
use super::expression::{Expression, Filter};
use super::field::{Path, Schema};
use super::lexer::Lexer;
use super::problem::Problem;

/// The longest filter in bytes: more than anybody types, and it bounds everything below.
const MAX_BYTES: usize = 4_096;

/// How deep parentheses and `not` may go, since each takes a frame of the stack.
const MAX_DEPTH: usize = 64;

/// How many names one field may have inside of another.
const MAX_NAMES: usize = 32;

/// Reads a filter over the fields of a noun.
pub fn parse(input: &str, schema: &Schema) -> Result<Filter, Problem> {
    check_length(input)?;
    let mut parser = Parser {
        input,
        lexer: Lexer::new(input),
        schema,
        depth: 0,
    };
    let root = parser.any()?;
    if parser.lexer.is_at_end() {
        return Ok(Filter { root });
    }
    let problem = parser.lexer.problem("the filter ends before this");
    Err(problem.with_advice("comparisons are put together by and, or, not and parentheses"))
}

/// Reads the name of one field.
pub fn field(input: &str, schema: &Schema) -> Result<Path, Problem> {
    check_length(input)?;
    let mut parser = Parser {
        input,
        lexer: Lexer::new(input),
        schema,
        depth: 0,
    };
    let path = parser.path()?;
    if parser.lexer.is_at_end() {
        return Ok(path);
    }
    Err(parser.lexer.problem("the field ends before this"))
}

fn check_length(input: &str) -> Result<(), Problem> {
    if input.len() <= MAX_BYTES {
        return Ok(());
    }
    let what = format!("a filter has at most {MAX_BYTES} bytes");
    let shown: String = input.chars().take(40).collect();
    Err(Problem::new(&shown, 0..0, what))
}

struct Parser<'a> {
    input: &'a str,
    lexer: Lexer<'a>,
    schema: &'a Schema,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Expression, Problem> {
        let mut parts = vec![self.all()?];
        while self.lexer.takes_keyword("or") {
            parts.push(self.all()?);
        }
        Ok(alone_or(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, Problem> {
        let mut parts = vec![self.single()?];
        while self.lexer.takes_keyword("and") {
            parts.push(self.single()?);
        }
        Ok(alone_or(parts, Expression::All))
    }

    fn single(&mut self) -> Result<Expression, Problem> {
        if self.lexer.takes_keyword("not") {
            let inner = self.deeper(Self::single)?;
            return Ok(Expression::Not(Box::new(inner)));
        }
        if self.lexer.takes('(') {
            let inner = self.deeper(Self::any)?;
            if self.lexer.takes(')') {
                return Ok(inner);
            }
            return Err(self.lexer.problem("`)`, `and` or `or` is expected here"));
        }
        self.comparison().map(Expression::One)
    }

    fn deeper(
        &mut self,
        read: fn(&mut Self) -> Result<Expression, Problem>,
    ) -> Result<Expression, Problem> {
        if self.depth == MAX_DEPTH {
            let what = format!("parentheses and `not` go at most {MAX_DEPTH} deep");
            return Err(self.lexer.problem(what));
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }

    fn comparison(&mut self) -> Result<Comparison, Problem> {
        let path = self.path()?;
        let (operator, operator_place) = self.lexer.operator()?;
        let (literal, literal_place) = self.lexer.literal()?;
        Comparison::new(path, operator, literal).map_err(|mismatch| {
            let place = match mismatch.fault {
                Fault::Operator => operator_place,
                Fault::Value => literal_place,
            };
            let problem = Problem::new(self.input, place, mismatch.what);
            match mismatch.advice {
                Some(advice) => problem.with_advice(advice),
                None => problem,
            }
        })
    }

    fn path(&mut self) -> Result<Path, Problem> {
        let (words, place) = self.lexer.field()?;
        if words.len() > MAX_NAMES {
            let what = format!("a field has at most {MAX_NAMES} names");
            return Err(Problem::new(self.input, place, what));
        }
        self.schema.find(&words).ok_or_else(|| {
            let problem = Problem::new(self.input, place, "there is no such field");
            problem.with_advice(format!("fields: {}", self.schema.known()))
        })
    }
}

fn alone_or(mut parts: Vec<Expression>, together: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            together(parts)
        }
        None => together(parts),
    }
}
