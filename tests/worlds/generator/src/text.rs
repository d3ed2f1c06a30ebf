//! Worlds as WIT.

use std::fmt::{self, Display, Write};

use crate::hostile::CHANGES;
use crate::world::{Body, Function, Group, Interface, Scalar, Type, World};

/// The name of the world that includes the worlds of a group.
pub const GROUP: &str = "group";

/// The name of every other world.
pub const WORLD: &str = "forward";

/// The function that returns the guest's memory, which every group exports.
pub const RECORDING: &str = "recording";

/// The function that changes a guest's memory for the next call, which every group exports.
pub const TAMPER: &str = "tamper";

impl Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

impl Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "package random:{GROUP};\n\nworld {GROUP} {{")?;
        for world in &self.0 {
            writeln!(
                f,
                "  include {}/{WORLD}{};",
                world.package,
                world.at_version()
            )?;
        }
        writeln!(f, "  export {RECORDING}: func() -> list<u8>;")?;
        write!(f, "  export {TAMPER}: func(call: u32, returns: bool")?;
        for change in 0..CHANGES {
            write!(f, ", at{change}: u32, value{change}: u32")?;
        }
        f.write_str(");\n}\n")?;
        self.0.iter().try_for_each(|world| world.fmt(f))
    }
}

impl Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\npackage {}{} {{", self.package, self.at_version())?;
        if self.things {
            f.write_str("\ninterface things {\n  resource thing;\n  make: func() -> thing;\n}\n")?;
        }
        for interface in self.interfaces.iter().filter(|i| !i.name.is_empty()) {
            writeln!(f, "\ninterface %{} {{", interface.name)?;
            if self.things {
                f.write_str("  use things.{thing};\n")?;
            }
            declarations(f, interface)?;
            for function in &interface.functions {
                writeln!(f, "  %{}: {};", function.name, Signature(function))?;
            }
            f.write_str("}\n")?;
        }
        writeln!(f, "\nworld {WORLD} {{")?;
        if self.things {
            f.write_str("  import things;\n")?;
        }
        for interface in &self.interfaces {
            if interface.name.is_empty() {
                declarations(f, interface)?;
                for function in &interface.functions {
                    let (name, signature) = (&function.name, Signature(function));
                    writeln!(
                        f,
                        "  import %{name}: {signature};\n  export %{name}: {signature};"
                    )?;
                }
            } else {
                let name = &interface.name;
                writeln!(f, "  import %{name};\n  export %{name};")?;
            }
        }
        f.write_str("}\n}\n")
    }
}

fn declarations(f: &mut fmt::Formatter<'_>, interface: &Interface) -> fmt::Result {
    for (from, name, local) in &interface.uses {
        write!(f, "  use %{from}.{{%{name}")?;
        if local != name {
            write!(f, " as %{local}")?;
        }
        f.write_str("};\n")?;
    }
    for (name, body) in &interface.types {
        match &**body {
            Body::Record(fields) => {
                let fields = fields.iter().map(|(name, ty)| format!("%{name}: {ty}"));
                block(f, "record", name, fields)?;
            }
            Body::Variant(cases) => {
                let cases = cases.iter().map(|(name, ty)| match ty {
                    Some(ty) => format!("%{name}({ty})"),
                    None => format!("%{name}"),
                });
                block(f, "variant", name, cases)?;
            }
            Body::Enum(cases) => block(f, "enum", name, cases.iter().map(|n| format!("%{n}")))?,
            Body::Flags(flags) => block(f, "flags", name, flags.iter().map(|n| format!("%{n}")))?,
            Body::Alias(ty) => writeln!(f, "  type %{name} = {ty};")?,
        }
    }
    Ok(())
}

fn block(
    f: &mut fmt::Formatter<'_>,
    kind: &str,
    name: &str,
    items: impl Iterator<Item = String>,
) -> fmt::Result {
    writeln!(f, "  {kind} %{name} {{")?;
    for item in items {
        writeln!(f, "    {item},")?;
    }
    f.write_str("  }\n")
}

struct Signature<'a>(&'a Function);

impl Display for Signature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("func(")?;
        for (index, (name, ty)) in self.0.params.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "%{name}: {ty}")?;
        }
        f.write_char(')')?;
        match &self.0.result {
            Some(ty) => write!(f, " -> {ty}"),
            None => Ok(()),
        }
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => scalar.fmt(f),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::FixedList(item, length) => write!(f, "list<{item}, {length}>"),
            Self::Map(key, value) => write!(f, "map<{key}, {value}>"),
            Self::Option(some) => write!(f, "option<{some}>"),
            Self::Result(None, None) => f.write_str("result"),
            Self::Result(Some(ok), None) => write!(f, "result<{ok}>"),
            Self::Result(None, Some(err)) => write!(f, "result<_, {err}>"),
            Self::Result(Some(ok), Some(err)) => write!(f, "result<{ok}, {err}>"),
            Self::Tuple(items) => {
                let items: Vec<String> = items.iter().map(Type::to_string).collect();
                write!(f, "tuple<{}>", items.join(", "))
            }
            Self::Thing(true) => f.write_str("thing"),
            Self::Thing(false) => f.write_str("borrow<thing>"),
            Self::Named(name, _) => write!(f, "%{name}"),
        }
    }
}
