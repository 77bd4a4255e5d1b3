//! Explanations of the seed's equations, for two audiences and in three styles: twelve different answers, all correct.

#[derive(Clone, Copy)]
enum Style {
    Flowery,
    Direct,
    Balanced,
}

/// One equation, explained to one audience.
struct Lesson {
    steps: &'static [&'static str],
    result: &'static str,
    insight: &'static str,
    image: &'static str,
}

const QUADRATIC_STUDENT: Lesson = Lesson {
    steps: &[
        "Complete the square: x^2 + 4x + 9 is the same as (x + 2)^2 + 5.",
        "The equation therefore asks for (x + 2)^2 = -5.",
        "No real number has a negative square, so we use the imaginary unit i, for which i^2 = -1: x + 2 = ±i√5.",
    ],
    result: "x = -2 + i√5 or x = -2 - i√5",
    insight: "You can see it coming: the discriminant 4^2 - 4·9 = -20 is negative, so the parabola never touches the \
              x-axis and the two solutions are complex.",
    image: "a curve that floats above the horizon like a swan that never touches the lake",
};

const QUADRATIC_GENIUS: Lesson = Lesson {
    steps: &[
        "The discriminant is 16 - 36 = -20 < 0, so the quadratic is irreducible over the reals.",
        "Substituting x = y - 2 depresses it to y^2 = -5, hence y = ±i√5.",
    ],
    result: "x = -2 ± i√5",
    insight: "The roots are a conjugate pair of Z[√-5] with trace -4 and norm 9, which returns the coefficients by Vieta.",
    image: "two conjugate stars that mirror each other across the silent real line",
};

const ARITHMETIC_STUDENT: Lesson = Lesson {
    steps: &[
        "Brackets come first: 2 - 6 = -4.",
        "Multiplication and division follow from left to right: 15 * (-4) = -60.",
        "Then -60 / 4 = -15.",
    ],
    result: "15 * (2 - 6) / 4 = -15",
    insight: "One negative factor makes the product negative, and dividing by a positive number keeps the sign.",
    image: "small numbers that leave their bracket as caterpillars leave the cocoon",
};

const ARITHMETIC_GENIUS: Lesson = Lesson {
    steps: &[
        "Cancel first: (2 - 6) / 4 = -4 / 4 = -1.",
        "What is left is 15 * (-1).",
    ],
    result: "15 * (2 - 6) / 4 = -15",
    insight: "Nothing is used but the ring axioms and that 4 has an inverse, so it holds in Z[1/2] as well as in Q.",
    image: "a fraction that folds into unity as a wave folds into the sea",
};

/// Explains one of the two equations; `None` when the question contains neither. Both arguments are in lower case.
pub(super) fn explanation(question: &str, instructions: &str) -> Option<String> {
    if !question.contains("explain the solution") {
        return None;
    }
    let dense: String = question.chars().filter(|c| !c.is_whitespace()).collect();
    let knows = question.contains("genius") || question.contains("expert");
    let lesson = match (dense.contains("x^2+4x+9=0"), dense.contains("15*(2-6)/4")) {
        (true, _) if knows => QUADRATIC_GENIUS,
        (true, _) => QUADRATIC_STUDENT,
        (_, true) if knows => ARITHMETIC_GENIUS,
        (_, true) => ARITHMETIC_STUDENT,
        (false, false) => return None,
    };
    Some(lesson.in_style(style(instructions)))
}

fn style(instructions: &str) -> Style {
    if instructions.contains("flowery") || instructions.contains("poetic") {
        Style::Flowery
    } else if instructions.contains("direct") || instructions.contains("precise") {
        Style::Direct
    } else {
        Style::Balanced
    }
}

impl Lesson {
    fn in_style(&self, style: Style) -> String {
        let Self {
            steps,
            result,
            insight,
            image,
        } = self;
        match style {
            Style::Direct => format!("{}\n\n{result}", numbered(steps)),
            Style::Balanced => format!("{}\n\nResult: {result}.\n\n{insight}", steps.join(" ")),
            Style::Flowery => format!(
                "Come, dear seeker, and behold {image}.\n\n{}\n\nAnd so, as dawn unveils the meadow, the answer \
                 blooms before us: {result}.\n\nLet this truth linger like a perfume: {insight}",
                steps.join("\n\nHark, the melody goes on. "),
            ),
        }
    }
}

fn numbered(steps: &[&str]) -> String {
    let lines = steps
        .iter()
        .zip(1..)
        .map(|(step, number)| format!("{number}. {step}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Solves 4 * (3 - 1) step by step; in bullet points when the instructions (in lower case) ask for them.
pub(super) fn steps(instructions: &str) -> String {
    const STEPS: [&str; 4] = [
        "Start with the equation: 4 * (3 - 1)",
        "Solve the brackets first: 3 - 1 = 2",
        "Put the result back: 4 * 2",
        "Multiply: 4 * 2 = 8",
    ];
    const RESULT: &str = "The solution is 8";
    if instructions.contains("bullet") {
        STEPS
            .iter()
            .chain([&RESULT])
            .map(|line| format!("- {line}"))
            .collect::<Vec<_>>()
            .join("\n")
    } else {
        format!("{}\n\n{RESULT}.", numbered(&STEPS))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_twelve_answers_differ_and_hold_the_result() {
        let mut answers = HashSet::new();
        for style in [
            "you're extremely flowery and poetic",
            "you're very direct and precise",
            "balance brevity",
        ] {
            for (equation, root) in [("x^2 + 4x + 9 = 0", "i√5"), ("15 * (2 - 6) / 4", "-15")] {
                for person in ["new student", "math genius"] {
                    let question =
                        format!("explain the solution of the following to a {person}: {equation}");
                    let answer = explanation(&question, style).unwrap();
                    assert!(answer.contains(root), "{answer}");
                    answers.insert(answer);
                }
            }
        }
        assert_eq!(answers.len(), 12);
        assert_eq!(
            explanation("explain the solution of the following to a cat: x = 1", ""),
            None
        );
    }

    #[test]
    fn steps_come_in_bullet_points_when_asked_for() {
        assert!(
            steps("you always write in bullet points")
                .lines()
                .all(|line| line.starts_with("- "))
        );
        assert!(steps("").starts_with("1. ") && steps("").contains('8'));
    }
}
